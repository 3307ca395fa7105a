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
  /** Whether it serves the provider's remotes when a request names none. */
  readonly isDefault: boolean;
}

function isCredential(value: unknown): value is GitCredential {
  return (
    isJsonObject(value) &&
    ['credentialId', 'owner', 'provider'].every((name) => typeof value[name] === 'string') &&
    typeof value['isDefault'] === 'boolean'
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

  /** The user's credential for remotes of a provider, the default one first; that of Entra serves Azure DevOps too. */
  find(owner: string, provider: string): GitCredential | undefined {
    const usable = [provider, `${provider}Aad`].flatMap((wanted) =>
      this.list(owner).filter((credential) => credential.provider === wanted),
    );
    return usable.find(({ isDefault }) => isDefault) ?? usable[0];
  }

  /** Adds or replaces one; a default one takes the place of the default that the provider had. */
  put(credential: GitCredential): void {
    const { owner, provider } = credential;
    for (const other of credential.isDefault ? this.list(owner) : []) {
      if (other.provider !== provider) continue;
      this.#credentials.set(other.credentialId, { ...other, isDefault: false });
    }
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
