import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConformanceError } from './conformance-error';

/** The oldest Python that the pinned clients run on. */
const OLDEST = [3, 10] as const;

export interface PythonVersion {
  readonly major: number;
  readonly minor: number;
  /** E.g. 3.11.7 */
  readonly text: string;
}

/** Runs an interpreter with arguments; `status` is null when there is none of this name. */
export type RunPython = (python: string, args: readonly string[]) => SpawnSyncReturns<string>;

const runPython: RunPython = (python, args) => spawnSync(python, [...args], { encoding: 'utf8' });

function readVersion(output: string): PythonVersion | undefined {
  const [, text, major, minor] = /Python ((\d+)\.(\d+)[^\s]*)/.exec(output) ?? [];
  if (text === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), text };
}

function isNewEnough({ major, minor }: PythonVersion): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/**
 * The first of these interpreters that is new enough, with its version. Throws ConformanceError that names what was
 * found instead.
 */
export function findPython(
  candidates: readonly string[],
  run: RunPython = runPython,
): { readonly python: string; readonly version: PythonVersion } {
  const found: string[] = [];
  for (const python of candidates) {
    const { status, stdout } = run(python, ['--version']);
    const version = status === 0 ? readVersion(stdout) : undefined;
    if (version !== undefined && isNewEnough(version)) return { python, version };
    found.push(`${python}: ${version?.text ?? 'not there'}`);
  }
  throw new ConformanceError(
    `The checks need Python ${OLDEST.join('.')} or newer, and there is none (${found.join(', ')}). Install it, or name one with --python.`,
  );
}

/** A virtual environment with the clients. */
export interface PythonEnvironment {
  readonly python: string;
  /** Holds the programs of the clients. */
  readonly binFolder: string;
}

function locate(folder: string): PythonEnvironment {
  const isWindows = process.platform === 'win32';
  const binFolder = join(folder, isWindows ? 'Scripts' : 'bin');
  return { python: join(binFolder, isWindows ? 'python.exe' : 'python'), binFolder };
}

function mustSucceed(what: string, hint: string, end: SpawnSyncReturns<string>): void {
  if (end.status === 0) return;
  const reason = end.error?.message ?? `exit code ${end.status}`;
  throw new ConformanceError(`${what} failed (${reason}, see above). ${hint}`);
}

/**
 * A virtual environment in `cacheFolder` with everything in the requirements file; one made before is used again as
 * long as file and Python are the same. Throws ConformanceError when venv or pip fails.
 */
export function prepareEnvironment(
  { python, version }: ReturnType<typeof findPython>,
  requirementsFile: string,
  cacheFolder: string,
): PythonEnvironment {
  const requirements = readFileSync(requirementsFile);
  const key = createHash('sha256').update(requirements).update(version.text).digest('hex');
  const folder = join(cacheFolder, key.slice(0, 16));
  const stamp = join(folder, 'complete');
  const environment = locate(folder);
  if (existsSync(stamp)) return environment;
  rmSync(cacheFolder, { recursive: true, force: true });
  mkdirSync(cacheFolder, { recursive: true });
  const show = (program: string, args: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync(program, [...args], { stdio: ['ignore', 'inherit', 'inherit'], encoding: 'utf8' });
  mustSucceed(
    'Making a virtual environment',
    'On Debian and Ubuntu it needs the package python3-venv.',
    show(python, ['-m', 'venv', folder]),
  );
  mustSucceed(
    'Installing the clients with pip',
    'It needs a Python package index, such as pypi.org; PIP_INDEX_URL may name another.',
    show(environment.python, [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
      ...['--requirement', requirementsFile],
    ]),
  );
  writeFileSync(stamp, '');
  return environment;
}
