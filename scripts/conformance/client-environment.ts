import { delimiter } from 'node:path';
import type { PythonEnvironment } from './python-environment';

/** What a client of the service needs to reach a workspace. */
export interface ClientSettings {
  readonly python: PythonEnvironment;
  /** A folder that stands for the home of the user, and takes temporary files. */
  readonly home: string;
  /** Of the workspace, or of the https front before it. */
  readonly host: string;
  readonly token: string;
  /** PEM file of the certificate that the front shows. */
  readonly certificateFile: string;
}

/** A clean environment: no proxy, no profile and no .netrc of the user reaches the clients. */
export function clientEnvironment(settings: ClientSettings): NodeJS.ProcessEnv {
  const { python, home, host, token, certificateFile } = settings;
  const inherited = ['SYSTEMROOT', 'PATHEXT', 'COMSPEC'].map((name) => [name, process.env[name]]);
  return {
    ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)),
    PATH: [python.binFolder, process.env['PATH']].join(delimiter),
    HOME: home,
    USERPROFILE: home,
    TMPDIR: home,
    TEMP: home,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
    REQUESTS_CA_BUNDLE: certificateFile,
    DATABRICKS_HOST: host,
    DATABRICKS_TOKEN: token,
  };
}
