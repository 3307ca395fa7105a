import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import {
  connectionContributionType,
  loadExtension,
  loadManifests,
  repositoryRoot,
  taskContributionType,
} from '../../scripts/manifests/load-manifests';

const manifests = loadManifests();
const packageVersion = (
  JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string }
).version;

const connectionType = loadExtension().contributions.find(
  ({ type }) => type === connectionContributionType,
)?.properties;
const dataSources = new Set((connectionType?.dataSources ?? []).map(({ name }) => name));

describe('every task.json', () => {
  it('exists', () => {
    assert.ok(manifests.length >= 3);
  });

  it("belongs to an extension of the package's version, which has a contribution for it", () => {
    const extension = loadExtension();
    const contributed = extension.contributions
      .filter(({ type }) => type === taskContributionType)
      .map(({ properties }) => properties.name);

    assert.equal(extension.version, packageVersion);
    assert.deepEqual(
      contributed.sort(),
      manifests.map(({ folder }) => `tasks/${folder}`),
    );
  });

  it('has an id and a name of its own', () => {
    const ids = manifests.map(({ manifest }) => manifest.id);
    const names = manifests.map(({ manifest }) => manifest.name.toLowerCase());

    assert.equal(new Set(ids).size, ids.length);
    assert.equal(new Set(names).size, names.length);
  });

  for (const { folder, manifest } of manifests) {
    describe(folder, () => {
      it('keeps the published rules', () => {
        const schema = JSON.parse(
          readFileSync(join(__dirname, 'task-json.schema.json'), 'utf8'),
        ) as object;
        const ajv = new Ajv({ allErrors: true, strict: false });

        const isValid = ajv.validate(schema, manifest);

        assert.ok(isValid, ajv.errorsText(ajv.errors, { separator: '\n' }));
      });

      it('is named after its folder', () => {
        assert.equal(manifest.name, `Databricks${folder}`);
      });

      it('has Minor and Patch of the package', () => {
        const { Minor, Patch } = manifest.version;

        assert.equal(`${Minor}.${Patch}`, packageVersion.split('.').slice(1).join('.'));
      });

      it('has a source file for every handler', () => {
        const handlers = [manifest.execution, manifest.postjobexecution ?? {}].flatMap((stage) =>
          Object.values(stage),
        );

        for (const { target } of handlers) {
          const source = join(repositoryRoot, 'tasks', folder, target.replace(/\.js$/, '.ts'));
          assert.ok(existsSync(source), `${source} is missing`);
        }
      });

      it('names only existing inputs and groups in rules, groups and the title', () => {
        const inputs = new Set(manifest.inputs.map(({ name }) => name));
        const groups = new Set((manifest.groups ?? []).map(({ name }) => name));
        const rules = [...manifest.inputs, ...(manifest.groups ?? [])].map(
          ({ visibleRule }) => visibleRule ?? '',
        );
        const ruled = rules.flatMap((rule) =>
          rule.split(/&&|\|\|/).map((part) => part.split(/!=|=/)[0]?.trim() ?? ''),
        );

        assert.deepEqual(
          ruled.filter((name) => name !== '' && !inputs.has(name)),
          [],
        );
        assert.deepEqual(
          manifest.inputs.filter(({ groupName }) => groupName && !groups.has(groupName)),
          [],
        );
        const title = (manifest as unknown as { instanceNameFormat: string }).instanceNameFormat;
        const titled = [...title.matchAll(/\$\((\w+)\)/g)].map(([, name]) => name ?? '');
        assert.deepEqual(
          titled.filter((name) => !inputs.has(name)),
          [],
        );
      });

      it('has no name or alias twice', () => {
        const names = manifest.inputs.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);

        assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length);
      });

      it('lets the task set its outputs and nothing else', () => {
        const outputs = (manifest.outputVariables ?? []).map(({ name }) => name);
        const allowed = manifest.restrictions?.settableVariables?.allowed ?? [];

        assert.deepEqual(
          [...allowed].filter((name) => name !== 'notebookOutput_*').sort(),
          [...outputs].sort(),
        );
      });

      it('has options for every pickList, or takes them from a data source of the connection', () => {
        const bound = new Set((manifest.dataSourceBindings ?? []).map(({ target }) => target));
        const withoutOptions = manifest.inputs.filter(
          ({ type, options }) => type === 'pickList' && options === undefined,
        );

        assert.deepEqual(withoutOptions.map(({ name }) => name).sort(), [...bound].sort());
        assert.deepEqual(
          (manifest.dataSourceBindings ?? []).filter(
            ({ dataSourceName }) => !dataSources.has(dataSourceName),
          ),
          [],
        );
      });

      it('takes service connections of the type that the extension has, and of Azure', () => {
        const types = manifest.inputs
          .filter(({ type }) => type.startsWith('connectedService:'))
          .map(({ type }) => type);

        assert.deepEqual(types, [
          `connectedService:${connectionType?.name}`,
          'connectedService:AzureRM',
        ]);
      });

      it('offers only defaults that are options', () => {
        const wrong = manifest.inputs.filter(
          ({ options, defaultValue }) => options && !(String(defaultValue) in options),
        );

        assert.deepEqual(wrong, []);
      });
    });
  }
});
