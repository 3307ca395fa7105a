import { existsSync, readFileSync, statSync } from 'node:fs';
import { ApiError } from '../errors';
import { isJsonObject } from '../http/json';
import { writeFileAtomically } from './state-file';

type Scopes = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Secret {
  readonly key: string;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
}

function isScopes(value: unknown): value is Scopes {
  const isScope = (scope: unknown): boolean =>
    isJsonObject(scope) && Object.values(scope).every((secret) => typeof secret === 'string');
  return isJsonObject(value) && Object.values(value).every(isScope);
}

/**
 * The secrets of secrets.json, {scope: {key: value}}. Notebooks read the same file and people may edit it, so it is read
 * each time; what is missing gives undefined.
 */
export class SecretStore {
  readonly #path: string;
  readonly #now: () => number;
  readonly #updated = new Map<string, number>();

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  scopes(): readonly string[] {
    return Object.keys(this.#read()).sort();
  }

  has(scope: string): boolean {
    return this.#find(scope) !== undefined;
  }

  get(scope: string, key: string): string | undefined {
    const secrets = this.#find(scope) ?? {};
    return Object.hasOwn(secrets, key) ? secrets[key] : undefined;
  }

  list(scope: string): readonly Secret[] {
    const keys = Object.keys(this.#find(scope) ?? {}).sort();
    return keys.map((key) => ({
      key,
      updatedAt: this.#updated.get(`${scope}/${key}`) ?? Math.floor(statSync(this.#path).mtimeMs),
    }));
  }

  createScope(scope: string): void {
    this.#write({ ...this.#read(), [scope]: {} });
  }

  removeScope(scope: string): void {
    const { [scope]: _, ...others } = this.#read();
    this.#write(others);
  }

  put(scope: string, key: string, value: string): void {
    this.#updated.set(`${scope}/${key}`, this.#now());
    this.#write({ ...this.#read(), [scope]: { ...this.#find(scope), [key]: value } });
  }

  remove(scope: string, key: string): void {
    const { [key]: _, ...others } = this.#find(scope) ?? {};
    this.#write({ ...this.#read(), [scope]: others });
  }

  #find(scope: string): Readonly<Record<string, string>> | undefined {
    const scopes = this.#read();
    return Object.hasOwn(scopes, scope) ? scopes[scope] : undefined;
  }

  #read(): Scopes {
    if (!existsSync(this.#path)) return {};
    try {
      const scopes: unknown = JSON.parse(readFileSync(this.#path, 'utf8'));
      if (isScopes(scopes)) return scopes;
    } catch {
      // Told below: what cannot be read must not be overwritten.
    }
    const message = `${this.#path} is not {"scope": {"key": "value"}}. Correct or delete it.`;
    throw new ApiError(500, 'INTERNAL_ERROR', message);
  }

  #write(scopes: Scopes): void {
    writeFileAtomically(this.#path, JSON.stringify(scopes), undefined, 0o600);
  }
}
