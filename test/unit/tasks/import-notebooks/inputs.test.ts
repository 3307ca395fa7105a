import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { readInputs } from '../../../../tasks/ImportNotebooks/inputs';
import manifest from '../../../../tasks/ImportNotebooks/task.json';
import { aTaskContext } from '../../../helpers/task-context';

const needed = {
  host: 'https://adb-7.test',
  token: 'dapi-test',
  sourceFolder: 'notebooks',
  targetFolder: '/Shared/app/',
};

function read(inputs: Readonly<Record<string, string>>) {
  const { context, host } = aTaskContext({
    manifest,
    inputs: { ...needed, ...inputs },
    variables: { 'System.DefaultWorkingDirectory': '/agent/s' },
  });
  return { inputs: readInputs(context.input, host), host };
}

describe('inputs of ImportNotebooks', () => {
  it('have the documented defaults', () => {
    const { connection, matcher, ...inputs } = read({}).inputs;

    assert.deepEqual(inputs, {
      sourceFolder: resolve('/agent/s/notebooks'),
      targetFolder: '/Shared/app',
      mode: 'merge',
      includeFiles: true,
      overwrite: true,
      allowLargeDelete: false,
      dryRun: false,
      incremental: true,
      stripOutputs: 'auto',
      maxParallel: 64,
    });
    assert.ok(matcher.matches('.any/thing'));
  });

  it('are taken as given', () => {
    const { inputs } = read({
      sourceFolder: '/elsewhere/src.zip',
      contents: '*.py',
      mode: 'Mirror',
      includeFiles: 'False',
      overwrite: 'FALSE',
      allowLargeDelete: 'true',
      dryRun: 'True',
      maxParallel: '1',
    });

    assert.deepEqual(
      [inputs.sourceFolder, inputs.mode, inputs.includeFiles, inputs.overwrite],
      [resolve('/elsewhere/src.zip'), 'mirror', false, false],
    );
    assert.deepEqual([inputs.allowLargeDelete, inputs.dryRun, inputs.maxParallel], [true, true, 1]);
    assert.equal(inputs.matcher.matches('a.txt'), false);
  });

  it('mean all files when contents is empty', () => {
    assert.ok(read({ contents: '' }).inputs.matcher.matches('a.txt'));
  });

  it('ignore allowLargeDelete in a merge, with a warning', () => {
    const { inputs, host } = read({ allowLargeDelete: 'true' });

    assert.equal(inputs.allowLargeDelete, false);
    assert.deepEqual(host.warnings, [
      "Input 'allowLargeDelete' is ignored, because it does not belong to the other choices of this step. Remove it.",
    ]);
  });

  const problems: readonly [string, Readonly<Record<string, string>>, string][] = [
    [
      'no source',
      { sourceFolder: '' },
      "Input 'sourceFolder' is empty. Give a folder or a .zip archive of the agent, relative to System.DefaultWorkingDirectory, e.g. notebooks.",
    ],
    [
      'the root of the disk',
      { sourceFolder: '//' },
      "Input 'sourceFolder' is \"//\", the root of the agent's disk. Give the folder that holds the notebooks.",
    ],
    [
      'no target',
      { targetFolder: ' ' },
      "Input 'targetFolder' is empty. Give the absolute path of a folder in the workspace, e.g. /Shared/app.",
    ],
    [
      'a relative target',
      { targetFolder: 'app' },
      'Input \'targetFolder\': "app" is not an absolute path in the workspace. Write it with a leading slash, e.g. /Shared/app.',
    ],
    [
      'a mirror of what belongs to everybody',
      { targetFolder: '/Workspace/Shared/', mode: 'mirror' },
      'Input \'targetFolder\' is "/Workspace/Shared/", which a mirror would clear of everything that others have in it. Choose a folder of its own below it.',
    ],
    [
      'a pattern that leaves the source',
      { contents: '**\n../*' },
      "Input 'contents': the pattern \"../*\" leaves the source. Write patterns relative to 'sourceFolder', e.g. etl/**/*.py.",
    ],
    ['an unknown mode', { mode: 'sync' }, 'Input \'mode\' is "sync", expected merge or mirror.'],
    [
      'a boolean that is none',
      { overwrite: 'yes' },
      'Input \'overwrite\' is "yes", expected true or false.',
    ],
    ...['0', '65', '1.5', '-1', 'many', '1e1', '９'].map(
      (number): [string, Readonly<Record<string, string>>, string] => [
        `maxParallel ${number}`,
        { maxParallel: number },
        `Input 'maxParallel' is "${number}", expected a whole number from 1 to 64.`,
      ],
    ),
  ];
  for (const [title, inputs, message] of problems) {
    it(`are refused for ${title}`, () => {
      assert.throws(() => read(inputs), { name: 'InputError', message });
    });
  }
});
