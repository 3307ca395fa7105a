import { join } from 'node:path';

/** What a notebook may see of our environment: what Python, Java and a shell need, and no secrets. */
const INHERITED = [
  'PATH',
  'HOME',
  'TZ',
  'JAVA_HOME',
  'SPARK_HOME',
  'LD_LIBRARY_PATH',
  'VIRTUAL_ENV',
  'PYENV_ROOT',
  'PYENV_VERSION',
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
];

/** The folder for temporary files of notebooks: dbfs:/tmp, so that two workspaces share none. */
export function temporaryFolder(dbfsDir: string): string {
  return join(dbfsDir, 'tmp');
}

/** The environment of a notebook process: a few variables of ours, and what a cluster sets. */
export function notebookEnvironment(
  dbfsDir: string,
  ours: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(ours)) {
    if (value !== undefined && INHERITED.includes(name.toUpperCase())) environment[name] = value;
  }
  const temporary = temporaryFolder(dbfsDir);
  return {
    ...environment,
    LANG: 'C.UTF-8',
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    PYTHONUTF8: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    DATABRICKS_RUNTIME_VERSION: '15.4',
    SPARK_LOCAL_IP: '127.0.0.1',
  };
}
