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

const readers = '[{"group_name": "readers", "permission_level": "CAN_READ"}]';

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
      permissions: undefined,
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
      `Input 'allowLargeDelete' is ignored, because 'mode' is "merge". Remove it, or change 'mode'.`,
    ]);
  });

  it('may be permissions, in YAML too', () => {
    const permissions =
      '- group_name: readers\n  permission_level: CAN_READ\n- group_name: runners\n  permission_level: CAN_RUN\n- user_name: me@acme.test\n  permission_level: CAN_EDIT\n- service_principal_name: app-1\n  permission_level: CAN_MANAGE';

    assert.deepEqual(read({ permissions }).inputs.permissions, {
      mode: 'keep',
      entries: [
        { principal: { kind: 'group', name: 'readers' }, permissionLevel: 'CAN_READ' },
        { principal: { kind: 'group', name: 'runners' }, permissionLevel: 'CAN_RUN' },
        { principal: { kind: 'user', name: 'me@acme.test' }, permissionLevel: 'CAN_EDIT' },
        { principal: { kind: 'service-principal', name: 'app-1' }, permissionLevel: 'CAN_MANAGE' },
      ],
    });
  });

  it('may be permissions instead of all others', () => {
    const { inputs } = read({ permissions: readers, permissionsMode: 'Replace' });

    assert.equal(inputs.permissions?.mode, 'replace');
  });

  for (const permissions of ['', ' ', '[]']) {
    it(`mean no change of permissions without a list ("${permissions}")`, () => {
      const { inputs, host } = read({ permissions, permissionsMode: 'replace' });

      assert.equal(inputs.permissions, undefined);
      assert.deepEqual(host.warnings, []);
    });
  }

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
    [
      'a level that folders do not have',
      { permissions: readers.replace('READ', 'VIEW') },
      'Input \'permissions\': entry 1 has the permission_level "CAN_VIEW", expected CAN_READ, CAN_RUN, CAN_EDIT, CAN_MANAGE.',
    ],
    [
      'permissions that are no list',
      { permissions: 'readers' },
      'Input \'permissions\': expected a list of objects such as [{"group_name": "data-engineers", "permission_level": "CAN_RUN"}], got "readers".',
    ],
    [
      'one group twice',
      { permissions: `[${readers.slice(1, -1)},${readers.slice(1, -1)}]` },
      "Input 'permissions': entries 1 and 2 are both for the group readers; keep one of them.",
    ],
    [
      'others who lose what belongs to everybody',
      { targetFolder: '/Shared', permissions: readers, permissionsMode: 'replace' },
      'Input \'permissionsMode\' is replace, which would take the permissions of everybody else on "/Shared". Choose a target folder of its own below it, or keep the others.',
    ],
    [
      'an unknown mode of permissions',
      { permissionsMode: 'merge' },
      'Input \'permissionsMode\' is "merge", expected keep or replace.',
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
