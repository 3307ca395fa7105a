import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contract, computeContract, findBreaks } from '../../scripts/manifests/contract';
import { loadManifests, repositoryRoot } from '../../scripts/manifests/load-manifests';
import { withTaskTables } from '../../scripts/manifests/readme-tables';

const promised: Contract = {
  'DatabricksX@1': {
    id: 'a',
    major: 1,
    inputs: {
      mode: {
        type: 'pickList',
        aliases: ['how'],
        defaultValue: 'a',
        required: false,
        options: ['a', 'b'],
      },
    },
    outputs: ['runId'],
  },
};

function changed(change: (task: Contract[string]) => unknown): Contract {
  const copy = structuredClone(promised);
  const task = copy['DatabricksX@1']!;
  return { 'DatabricksX@1': { ...task, ...(change(task) as object) } };
}

function withMode(mode: object): Contract {
  return changed(({ inputs }) => ({ inputs: { mode: { ...inputs['mode'], ...mode } } }));
}

describe('the contract of the tasks', () => {
  it('is the committed one', () => {
    const committed: unknown = JSON.parse(
      readFileSync(join(repositoryRoot, 'tasks', 'contract.json'), 'utf8'),
    );

    assert.deepEqual(
      computeContract(loadManifests()),
      committed,
      'run npm run generate to record additions; anything else needs a new major version',
    );
  });

  it('holds for itself', () => {
    assert.deepEqual(findBreaks(promised, promised), []);
  });

  it('may grow', () => {
    const grown = changed(({ inputs, outputs }) => ({
      inputs: {
        mode: { ...inputs['mode'], options: ['a', 'b', 'c'] },
        extra: { type: 'string', aliases: [], defaultValue: '', required: false, options: [] },
      },
      outputs: [...outputs, 'more'],
    }));

    assert.deepEqual(findBreaks(promised, grown), []);
  });

  const breaks: readonly [string, Contract, string][] = [
    ['a task is gone', {}, 'DatabricksX@1 is gone'],
    ['an id changes', changed(() => ({ id: 'b' })), 'DatabricksX@1 has another id'],
    ['an output is gone', changed(() => ({ outputs: [] })), 'DatabricksX@1: output runId is gone'],
    ['an input is gone', changed(() => ({ inputs: {} })), 'DatabricksX@1: input mode is gone'],
    ['a type changes', withMode({ type: 'string' }), 'DatabricksX@1: input mode has another type'],
    [
      'a default changes',
      withMode({ defaultValue: 'b' }),
      'DatabricksX@1: input mode has another default',
    ],
    [
      'an input becomes required',
      withMode({ required: true }),
      'DatabricksX@1: input mode is required now',
    ],
    [
      'an option is lost',
      withMode({ options: ['a'] }),
      'DatabricksX@1: input mode lost the option b',
    ],
    ['an alias is lost', withMode({ aliases: [] }), 'DatabricksX@1: input mode lost the alias how'],
    [
      'a required input is added',
      changed(({ inputs }) => ({
        inputs: {
          ...inputs,
          extra: { type: 'string', aliases: [], defaultValue: '', required: true, options: [] },
        },
      })),
      'DatabricksX@1: the new input extra is required',
    ],
  ];
  for (const [title, current, message] of breaks) {
    it(`is broken when ${title}`, () => {
      assert.deepEqual(findBreaks(promised, current), [message]);
    });
  }
});

describe('README.md', () => {
  it('lists the tasks as their manifests say', () => {
    const readme = readFileSync(join(repositoryRoot, 'README.md'), 'utf8');

    assert.equal(withTaskTables(readme, loadManifests()), readme, 'run npm run generate');
  });
});
