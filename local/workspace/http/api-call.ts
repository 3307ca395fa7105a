import type { JsonObject } from './json';

/** Who calls, as found out from the bearer token. */
export interface Identity {
  readonly id: string;
  readonly userName: string;
  readonly displayName: string;
  readonly kind: 'user' | 'service-principal';
}

/** One authenticated request as the handlers see it. */
export interface ApiCall {
  readonly method: string;
  /** Decoded path, e.g. /api/2.1/jobs/runs/get */
  readonly path: string;
  /** '2.0', '2.1', … from the path; empty outside /api */
  readonly version: string;
  /** Query and body members in one; the body wins. */
  readonly params: JsonObject;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body was multipart/form-data, so `content` holds bytes rather than base64. */
  readonly isMultipart: boolean;
  readonly identity: Identity;
}

/** An answer that is not JSON with status 200; `body` is sent as it is. */
export class RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;

  constructor(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}
