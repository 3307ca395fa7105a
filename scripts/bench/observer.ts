/** User-Agent of requests that do not count. */
export const observer = 'bench-observer';

/** What the process of a workspace says when it listens. */
export interface Ready {
  readonly url: string;
  readonly token: string;
  /** A post to /<gate> lets the run with this name end, and is answered when it has. */
  readonly gatesUrl: string;
}
