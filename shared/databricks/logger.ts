/** Where the library says what it does. Messages may contain text of the server: the sink makes it harmless. */
export interface Logger {
  /** One line per request and other detail for troubleshooting. */
  debug(message: string): void;
  /** One line per event that a user cares about. */
  info(message: string): void;
  /** Something the user should act on. */
  warning(message: string): void;
}

/** Says nothing; the default. */
export const silentLogger: Logger = { debug() {}, info() {}, warning() {} };
