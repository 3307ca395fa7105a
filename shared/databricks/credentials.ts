/** Who we are to the workspace. Secrets live in memory only and are never part of `description`. */
export interface Credentials {
  /** In words, for logs and errors: `personal access token from variable DATABRICKS_TOKEN`. */
  readonly description: string;
  /** The headers that prove it, Authorization first; may ask an identity provider. */
  headers(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * Replaces a token that was refused. Resolves to false when these credentials cannot be renewed, such as a personal
   * access token.
   */
  renew(signal?: AbortSignal): Promise<boolean>;
}

/** A given token: a personal access token, or a ready Microsoft Entra token. White space around it is ignored. */
export function tokenCredentials(token: string, description: string): Credentials {
  return {
    description,
    headers: () => Promise.resolve({ Authorization: `Bearer ${token.trim()}` }),
    renew: () => Promise.resolve(false),
  };
}
