import { isJsonObject } from '../http/json';
import { readJsonFile, StateFile } from './state-file';

/** What a user of the workspace is known by at a Git provider. */
export interface GitCredential {
  readonly credentialId: string;
  /** User name in the workspace of whom it belongs to. */
  readonly owner: string;
  readonly provider: string;
  readonly userName?: string;
  readonly email?: string;
  readonly name?: string;
  readonly token?: string;
}

function isCredential(value: unknown): value is GitCredential {
  return (
    isJsonObject(value) &&
    ['credentialId', 'owner', 'provider'].every((name) => typeof value[name] === 'string')
  );
}

/** The Git credentials of all users, kept in a JSON file that only its owner reads. */
export class GitCredentialStore {
  readonly #credentials = new Map<string, GitCredential>();
  readonly #file: StateFile;

  constructor(path: string) {
    const saved = readJsonFile(path);
    for (const credential of Array.isArray(saved) ? saved.filter(isCredential) : []) {
      this.#credentials.set(credential.credentialId, credential);
    }
    this.#file = new StateFile(path, () => [...this.#credentials.values()], 0o600);
  }

  /** A credential of this user. */
  get(owner: string, credentialId: string): GitCredential | undefined {
    const credential = this.#credentials.get(credentialId);
    return credential?.owner === owner ? credential : undefined;
  }

  list(owner: string): readonly GitCredential[] {
    return [...this.#credentials.values()].filter((credential) => credential.owner === owner);
  }

  /** The user's credential for remotes of a provider; that of Entra serves Azure DevOps too. */
  find(owner: string, provider: string): GitCredential | undefined {
    const own = this.list(owner);
    const isFor = (wanted: string) => (credential: GitCredential) => credential.provider === wanted;
    return own.find(isFor(provider)) ?? own.find(isFor(`${provider}Aad`));
  }

  put(credential: GitCredential): void {
    this.#credentials.set(credential.credentialId, credential);
    this.#file.touch();
  }

  remove(credentialId: string): void {
    this.#credentials.delete(credentialId);
    this.#file.touch();
  }

  flush(): void {
    this.#file.flush();
  }
}
