import {
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** Signs JWTs with a key of its own. */
export interface TokenSigner {
  readonly jwks: JSONWebKeySet;
  /** RS256, with exactly these claims. */
  sign(
    claims: Readonly<Record<string, unknown>>,
    header?: Partial<JWTHeaderParameters>,
  ): Promise<string>;
}

/** Makes a signer with a fresh RSA key. */
export async function createTokenSigner(kid = 'test-key'): Promise<TokenSigner> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const key = { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' };
  return {
    jwks: { keys: [key] },
    sign: (claims, header) =>
      new SignJWT(claims as JWTPayload)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid, ...header })
        .sign(privateKey),
  };
}
