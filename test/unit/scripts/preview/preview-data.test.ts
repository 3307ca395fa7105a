import assert from 'node:assert/strict';
import { loadManifests, repositoryRoot } from '../../../../scripts/manifests/load-manifests';
import { loadPreviewData, toConnectionForm } from '../../../../scripts/preview/preview-data';
import { pipeline, shots } from '../../../../scripts/preview/shots';
import { aTask, previewData } from './builders';

describe('loadPreviewData', () => {
  const data = loadPreviewData(repositoryRoot);

  it('has every task and the type of service connection of the extension', () => {
    assert.deepEqual(
      data.tasks.map(({ folder }) => folder),
      loadManifests().map(({ folder }) => folder),
    );
    assert.deepEqual(
      data.connections.map(({ name }) => name),
      ['databricksworkspace'],
    );
  });

  it('has icons as data, so that the page loads nothing', () => {
    const without = [...data.tasks, ...data.connections].filter(
      ({ icon }) => !/^data:image\/png;base64,\w/.test(icon ?? ''),
    );

    assert.deepEqual(without, []);
  });

  it('knows all that the screenshots fill in and open', () => {
    const special = ['displayName'];
    const known = new Map<string, readonly string[]>([
      ...data.tasks.map(
        ({ folder, inputs, groups }) =>
          [folder, [...inputs, ...groups].map(({ name }) => name)] as const,
      ),
      ...data.connections.map(
        ({ name, fields, schemes }) =>
          [
            `connection:${name}`,
            [
              ...['url', 'connectionName', 'description', 'grant'],
              ...[...fields, ...schemes.flatMap((scheme) => scheme.fields)].map(({ id }) => id),
            ],
          ] as const,
      ),
    ]);

    const used = [
      ...Object.entries(pipeline).map(([place, values]) => ({ place, values, groups: [] })),
      ...shots,
    ].flatMap(({ place, values, groups, ...rest }) =>
      [...Object.keys(values), ...groups, ...Object.values(openedBy(rest))].map(
        (name) => [place, name] as const,
      ),
    );

    const unknown = used.filter(
      ([place, name]) => !special.includes(name) && !known.get(place)?.includes(name),
    );
    assert.deepEqual(unknown, []);
    assert.ok(used.length > 20);
  });

  it('has the options that the screenshots choose by their label', () => {
    const unknown = shots.flatMap(({ place, values }) => {
      const inputs = data.tasks.find(({ folder }) => folder === place)?.inputs ?? [];
      return inputs
        .filter(({ name, options }) => name in values && options.length > 0)
        .filter(({ name, options }) => !options.some(({ label }) => label === values[name]))
        .map(({ name }) => `${place}: ${name} = ${values[name]}`);
    });

    assert.deepEqual(unknown, []);
  });
});

function openedBy(shot: object): string[] {
  const opened = Object.entries(shot).filter(([key]) => ['openList', 'openHelp'].includes(key));
  return opened.map(([, name]) => String(name));
}

describe('toTaskForm', () => {
  const inputs = new Map(aTask().inputs.map((input) => [input.name, input]));

  it('takes the first alias as the name in YAML', () => {
    assert.equal(inputs.get('cake')?.yamlName, 'kind');
    assert.equal(inputs.get('recipe')?.yamlName, 'recipe');
  });

  it('makes options of sample rows by the template of the binding', () => {
    assert.deepEqual(inputs.get('cluster')?.options[0], {
      value: '0923-164208-meows279',
      label: 'shared-ml (0923-164208-meows279)',
    });
    assert.deepEqual(inputs.get('cluster')?.source, { connectionInput: 'kitchen' });
  });

  it('says which template makes no JSON', () => {
    const binding = { target: 'cluster', endpointId: '$(kitchen)', dataSourceName: 'Clusters' };

    assert.throws(
      () => aTask({ dataSourceBindings: [{ ...binding, resultTemplate: '{{cluster_id}}' }] }),
      {
        message: 'The resultTemplate {{cluster_id}} makes no JSON: 0923-164208-meows279',
      },
    );
  });

  it('lets a pickList be typed into only where it says so', () => {
    const closed = aTask({
      inputs: [{ name: 'size', type: 'pickList', label: 'Size', options: { s: 'Small' } }],
    });

    assert.equal(inputs.get('heat')?.isEditable, true);
    assert.equal(closed.inputs[0]?.isEditable, false);
  });
});

describe('toConnectionForm', () => {
  it('has address, schemes and fields', () => {
    const [connection] = previewData().connections;

    assert.equal(connection?.url?.label, 'Address');
    assert.deepEqual(
      connection?.schemes.map(({ label }) => label),
      ['Key', 'none'],
    );
    assert.equal(connection?.schemes[0]?.fields[0]?.isSecret, true);
    assert.equal(connection?.canVerify, true);
  });

  it('has no address where the type hides it, and cannot verify without a test request', () => {
    const form = toConnectionForm({ name: 'oven', url: { isVisible: 'false' } }, undefined);

    assert.equal(form.url, undefined);
    assert.equal(form.canVerify, false);
  });
});
