// npm run manifests: are the contract, the README and the schema for editors what the task.json files say?
// npm run generate: make them so, unless that breaks pipelines.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contract, computeContract, findBreaks } from './manifests/contract';
import { loadManifests, repositoryRoot } from './manifests/load-manifests';
import { withTaskTables } from './manifests/readme-tables';
import { buildYamlSchema } from './schema/yaml-schema';

const contractFile = join(repositoryRoot, 'tasks', 'contract.json');
const readmeFile = join(repositoryRoot, 'README.md');
const schemaFile = join(repositoryRoot, 'azure-pipelines-schema.json');
const isWriting = process.argv.includes('--write');

const manifests = loadManifests();
const committed = JSON.parse(readFileSync(contractFile, 'utf8')) as Contract;
const current = computeContract(manifests);
const breaks = findBreaks(committed, current);
for (const item of breaks) console.error(`error: ${item}; that needs a new major version`);

const generated: readonly (readonly [string, string])[] = [
  [contractFile, `${JSON.stringify(current, undefined, 2)}\n`],
  [readmeFile, withTaskTables(readFileSync(readmeFile, 'utf8'), manifests)],
  [schemaFile, buildYamlSchema(manifests)],
];
const stale = generated.filter(([file, text]) => readFileSync(file, 'utf8') !== text);
if (breaks.length > 0) {
  process.exitCode = 1;
} else if (isWriting) {
  for (const [file, text] of stale) writeFileSync(file, text);
  console.log(
    stale.length > 0 ? `Wrote ${stale.map(([file]) => file).join(', ')}` : 'Nothing to do',
  );
} else if (stale.length > 0) {
  for (const [file] of stale) console.error(`error: ${file} is not current; run npm run generate`);
  process.exitCode = 1;
}
