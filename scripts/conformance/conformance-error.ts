/** Why the checks could not run at all; the message says what is needed. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}
