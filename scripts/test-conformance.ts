// npm run test:conformance [-- --python PATH] [TEXT …]: clients of the service, as they are on PyPI, drive local workspaces.
// With texts only the modules run whose names contain one of them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConformanceError } from './conformance/conformance-error';
import { frontAddresses, openHttpsFront } from './conformance/https-front';
import { findPython, prepareEnvironment } from './conformance/python-environment';
import { type ClientResult, describeFailures, describeResults, isGood } from './conformance/report';
import { type Bench, runModule } from './conformance/run-module';
import { repositoryRoot } from './manifests/load-manifests';

const folder = join(repositoryRoot, 'test', 'conformance');
const cacheFolder = join(repositoryRoot, 'node_modules', '.cache', 'conformance-venv');

interface Client {
  /** Its package on PyPI. */
  readonly name: string;
  /** The folder of its checks below test/conformance. */
  readonly folder: string;
  readonly needsFront: boolean;
}

const clients: readonly Client[] = [
  { name: 'databricks-sdk', folder: 'sdk', needsFront: false },
  { name: 'databricks-cli', folder: 'legacy_cli', needsFront: true },
  { name: 'nutter', folder: 'nutter_client', needsFront: true },
];

function modulesOf(client: Client, texts: readonly string[]): readonly string[] {
  const files = readdirSync(join(folder, client.folder)).filter((name) =>
    /_checks\.py$/.test(name),
  );
  const modules = files.sort().map((name) => `${client.folder}.${name.slice(0, -'.py'.length)}`);
  const isAsked = (module: string): boolean => texts.some((text) => module.includes(text));
  return texts.length === 0 ? modules : modules.filter(isAsked);
}

async function checkClient(
  client: Client,
  texts: readonly string[],
  bench: Bench,
): Promise<ClientResult> {
  const { needsFront } = client;
  const started = Date.now();
  // All at once: most of the time is spent waiting for runs.
  const results = modulesOf(client, texts).map((module) =>
    runModule({ module, needsFront }, bench),
  );
  const checks = (await Promise.all(results)).flat();
  const ask = 'import importlib.metadata as m, sys; print(m.version(sys.argv[1]))';
  const version = execFileSync(bench.python.python, ['-c', ask, client.name], { encoding: 'utf8' });
  return {
    client: client.name,
    version: version.trim(),
    checks,
    durationMs: Date.now() - started,
  };
}

/** Finds out before anything starts whether this process may listen on port 443. */
async function checkFront(keyFile: string, certificateFile: string): Promise<void> {
  const certificate = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
  await (await openHttpsFront(0, certificate)).close();
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { python: { type: 'string' } },
    allowPositionals: true,
  });
  const found = findPython(
    values.python === undefined ? ['python3', 'python', 'py'] : [values.python],
  );
  const python = prepareEnvironment(found, join(folder, 'requirements.txt'), cacheFolder);
  const temporary = mkdtempSync(join(tmpdir(), 'conformance-'));
  const keyFile = join(temporary, 'key.pem');
  const certificateFile = join(temporary, 'certificate.pem');
  try {
    const program = join(folder, 'make_certificate.py');
    execFileSync(python.python, [program, keyFile, certificateFile, ...frontAddresses]);
    const bench: Bench = { folder, python, keyFile, certificateFile };
    const asked = clients.filter((client) => modulesOf(client, positionals).length > 0);
    if (asked.some(({ needsFront }) => needsFront)) await checkFront(keyFile, certificateFile);
    const results = await Promise.all(
      asked.map((client) => checkClient(client, positionals, bench)),
    );
    const failures = describeFailures(results);
    if (failures !== '') console.error(failures);
    console.log(describeResults(results));
    process.exitCode = isGood(results) ? 0 : 1;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof ConformanceError ? `error: ${error.message}` : error);
  process.exitCode = 1;
});
