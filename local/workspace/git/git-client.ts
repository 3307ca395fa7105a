import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { GitSettings } from './git-options';
import { type ProcessResult, runProcess } from './run-process';

/** User name and token that a remote over HTTP is given. */
export interface RemoteLogin {
  readonly userName: string;
  readonly token: string;
}

export interface GitCommand {
  /** The clone to work in. Its own .git is the only one used, never that of a folder around it. */
  readonly cwd?: string;
  readonly input?: string;
  /** The remote's URL and what it is sent; for commands that talk to the remote. */
  readonly remote?: { readonly url: string; readonly login: RemoteLogin | undefined };
}

const INHERITED =
  /^(PATH|PATHEXT|SystemRoot|ComSpec|TEMP|TMP|TMPDIR|https?_proxy|no_proxy|all_proxy|SSL_CERT_FILE|SSL_CERT_DIR|GIT_SSL_CAINFO)$/i;

/** Settings of every command. Nothing that a repository or its remote names is ever executed. */
const CONFIG: readonly (readonly [string, string])[] = [
  ['safe.directory', '*'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.fileMode', 'false'],
  ['core.autocrlf', 'false'],
  ['core.quotePath', 'false'],
  ['credential.helper', ''],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['advice.detachedHead', 'false'],
];

function loginConfig({ url, login }: NonNullable<GitCommand['remote']>): [string, string][] {
  if (login === undefined || !/^https?:/i.test(url)) return [];
  const basic = Buffer.from(`${login.userName}:${login.token}`).toString('base64');
  return [[`http.${new URL(url).origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
}

function repositoryOf(cwd: string | undefined): NodeJS.ProcessEnv {
  return cwd === undefined ? {} : { GIT_DIR: join(cwd, '.git'), GIT_WORK_TREE: cwd };
}

/** Runs the machine's git apart from its user's configuration, without prompts, over file, http and https only. */
export class GitClient {
  readonly #homeDir: string;
  readonly #settings: () => GitSettings;
  readonly #closing = new AbortController();

  constructor(homeDir: string, settings: () => GitSettings) {
    mkdirSync(homeDir, { recursive: true });
    // The remote's side of a local transfer reads this file, but not the environment's settings.
    writeFileSync(join(homeDir, 'gitconfig'), '[safe]\n\tdirectory = *\n');
    this.#homeDir = homeDir;
    this.#settings = settings;
  }

  run(args: readonly string[], { cwd, input, remote }: GitCommand = {}): Promise<ProcessResult> {
    return runProcess('git', args, {
      env: { ...this.#environment(remote), ...repositoryOf(cwd) },
      timeoutMs: this.#settings().timeLimitMs,
      signal: this.#closing.signal,
      ...(cwd !== undefined && { cwd }),
      ...(input !== undefined && { input }),
    });
  }

  /** Waits as long as the settings want every operation on a remote to take. */
  async delay(): Promise<void> {
    const { delayMs } = this.#settings();
    if (delayMs === 0) return;
    await wait(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  /** Stops the commands under way. */
  close(): void {
    this.#closing.abort();
  }

  #environment(remote: GitCommand['remote']): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
    const mirrors = Object.entries(this.#settings().mirrors).map(([url, mirror]) => [
      `url.${mirror}.insteadOf`,
      url,
    ]);
    const config = [...CONFIG, ...mirrors, ...(remote === undefined ? [] : loginConfig(remote))];
    return {
      ...Object.fromEntries(inherited),
      ...Object.fromEntries(
        config.flatMap(([name, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, name],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
      GIT_CONFIG_COUNT: String(config.length),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: join(this.#homeDir, 'gitconfig'),
      GIT_ALLOW_PROTOCOL: 'file:http:https',
      GIT_TERMINAL_PROMPT: '0',
      GIT_LFS_SKIP_SMUDGE: '1',
      HOME: this.#homeDir,
      LC_ALL: 'C',
    };
  }
}
