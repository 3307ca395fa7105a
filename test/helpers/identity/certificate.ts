import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate that has signed itself, with its key. */
export interface Certificate {
  /** Key and certificate in one, as a service connection holds them. */
  readonly pem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Base64url of the SHA-1 and the SHA-256 of the certificate. */
  readonly x5t: string;
  readonly x5tS256: string;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = Buffer.from(length.toString(16).padStart(length > 255 ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 + size.length]), size, content]);
}

const SEQUENCE = 0x30;
const SET = 0x31;
const NULL = der(0x05);
const SHA256_WITH_RSA = Buffer.from('06092a864886f70d01010b', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');

function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text.slice(2)));
}

function name(commonName: string): Buffer {
  const value = der(0x0c, Buffer.from(commonName));
  return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, value)));
}

function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Makes an RSA key and an X.509 certificate of version 1 (RFC 5280) for it that is valid today. */
export function createCertificate(commonName = 'pipelines'): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm = der(SEQUENCE, SHA256_WITH_RSA, NULL);
  const subject = name(commonName);
  const now = Date.now();
  const day = 86_400_000;
  const body = der(
    SEQUENCE,
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    subject,
    der(SEQUENCE, time(new Date(now - day)), time(new Date(now + 30 * day))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const certificate = der(SEQUENCE, body, algorithm, signature);
  const certificatePem = toPem('CERTIFICATE', certificate);
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const hash = (algorithmName: string): string =>
    createHash(algorithmName).update(certificate).digest('base64url');
  return {
    pem: privateKeyPem + certificatePem,
    certificatePem,
    privateKeyPem,
    x5t: hash('sha1'),
    x5tS256: hash('sha256'),
  };
}
