import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, parseJson } from '../../../../shared/databricks';

/** An answer of the API under test/fixtures/databricks: `jobs/runs-get-running.json`. */
export function readFixture(name: string): JsonObject {
  const file = join(__dirname, '../../../fixtures/databricks', name);
  return parseJson(readFileSync(file, 'utf8')) as JsonObject;
}
