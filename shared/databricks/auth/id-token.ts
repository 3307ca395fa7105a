/** What an ID token says about itself. Nothing of it is verified: whoever it is for does that. */
export interface IdTokenClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** Reads the claims of a JSON Web Token; empty texts where it has none or is none. */
export function readIdToken(token: string): IdTokenClaims {
  const claims = decodeClaims(token);
  const text = (key: string): string => {
    const value = claims[key];
    return typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : '';
  };
  return { issuer: text('iss'), subject: text('sub'), audience: text('aud') };
}

/** When a JSON Web Token ends, in milliseconds since 1970; undefined for any other token. */
export function readExpiry(token: string): number | undefined {
  const { exp } = decodeClaims(token);
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
}

function decodeClaims(token: string): Readonly<Record<string, unknown>> {
  const [, payload = '', ...rest] = token.trim().split('.');
  if (rest.length !== 1) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch {
    return {};
  }
}
