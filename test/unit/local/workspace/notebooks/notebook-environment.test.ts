import assert from 'node:assert/strict';
import { join } from 'node:path';
import { notebookEnvironment } from '../../../../../local/workspace/notebooks/notebook-environment';

describe('notebookEnvironment', () => {
  it('keeps what Python and a shell need and drops the rest', () => {
    const environment = notebookEnvironment('/state/dbfs', {
      PATH: '/bin',
      HOME: '/home/ada',
      Path: 'C:\\bin',
      JAVA_HOME: undefined,
      DATABRICKS_TOKEN: 'dapi',
      SYSTEM_ACCESSTOKEN: 'pat',
      PYTHONPATH: '/elsewhere',
    });

    const temporary = join('/state/dbfs', 'tmp');
    assert.deepEqual(environment, {
      PATH: '/bin',
      HOME: '/home/ada',
      Path: 'C:\\bin',
      LANG: 'C.UTF-8',
      TMPDIR: temporary,
      TEMP: temporary,
      TMP: temporary,
      PYTHONUTF8: '1',
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      DATABRICKS_RUNTIME_VERSION: '15.4',
      SPARK_LOCAL_IP: '127.0.0.1',
    });
  });
});
