import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Console, runCommand } from '../../../../../local/agent/command-line';
import { describeInLines, isFlawless } from '../../../../../local/agent/data-sources/describe-text';
import {
  type ConnectionDescription,
  type DescribedInput,
  type DescribeOptions,
  describeTask,
  type TaskDescription,
} from '../../../../../local/agent/index';

const TASK = {
  id: '11111111-2222-3333-4444-555555555555',
  name: 'Ship',
  friendlyName: 'Ship it',
  version: { Major: 1, Minor: 2, Patch: 3 },
  groups: [
    { name: 'where', displayName: 'Where', isExpanded: true },
    { name: 'more', displayName: 'More', isExpanded: false, visibleRule: 'mode = slow' },
    { name: 'empty', displayName: 'Empty' },
  ],
  inputs: [
    { name: 'conn', type: 'connectedService:acme', label: 'Connection', groupName: 'where' },
    {
      name: 'mode',
      aliases: ['speed'],
      type: 'pickList',
      label: 'Mode',
      defaultValue: 'fast',
      required: true,
      options: { fast: 'Fast', slow: 'Slow' },
    },
    {
      name: 'box',
      type: 'pickList',
      label: 'Box',
      properties: { EditableOptions: 'True' },
      visibleRule: 'mode = fast',
    },
    { name: 'note', type: 'string', label: 'Note', groupName: 'more' },
  ],
  dataSourceBindings: [
    {
      target: 'box',
      endpointId: '$(conn)',
      dataSourceName: 'Boxes',
      parameters: { mode: '$(mode)' },
      resultTemplate: '{"Value":"{{{id}}}","DisplayValue":"{{name}}"}',
    },
  ],
};

const MANIFEST = {
  contributions: [
    { type: 'ms.vss-distributed-task.task', properties: { name: 'tasks/Ship' } },
    {
      type: 'ms.vss-endpoint.service-endpoint-type',
      properties: {
        name: 'acme',
        displayName: 'Acme',
        inputDescriptors: [{ id: 'org' }],
        dataSources: [
          { name: 'TestConnection', endpointUrl: '{{endpoint.url}}me' },
          {
            name: 'Boxes',
            endpointUrl: '{{endpoint.url}}boxes?mode={{{mode}}}',
            resultSelector: 'jsonpath:$.boxes[*]',
          },
          {
            name: 'Lids',
            endpointUrl: '{{endpoint.url}}lids',
            resultSelector: 'jsonpath:$.lids[*]',
          },
        ],
        authenticationSchemes: [
          {
            type: 'ms.vss-endpoint.endpoint-auth-scheme-token',
            headers: [{ name: 'Authorization', value: 'Bearer {{endpoint.apitoken}}' }],
          },
        ],
      },
    },
  ],
};

const ACME = {
  name: 'acme prod',
  type: 'acme',
  url: 'https://h.test/',
  parameters: { apitoken: 's3cret' },
};

const BOXES = { boxes: [{ id: 'b1', name: 'One & two' }] };

type Changes = Partial<Omit<DescribeOptions, 'subject'>>;

describe('describeTask', () => {
  let folder: string;
  let urls: string[];
  let answer: () => Response;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'describe-test-'));
    urls = [];
    answer = () => new Response(JSON.stringify(BOXES));
    writeTask(TASK);
    writeManifest(MANIFEST);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function writeTask(task: object, name = 'Ship'): void {
    mkdirSync(join(folder, 'tasks', name), { recursive: true });
    writeFileSync(join(folder, 'tasks', name, 'task.json'), `\uFEFF${JSON.stringify(task)}`);
  }

  function writeManifest(manifest: unknown): void {
    writeFileSync(join(folder, 'extension.vsomanifest'), JSON.stringify(manifest));
  }

  const given = (changes: Changes): Changes => ({
    tasksDir: join(folder, 'tasks'),
    connections: { connections: [ACME] },
    fetch: async (url) => {
      urls.push(String(url));
      return answer();
    },
    ...changes,
  });

  async function form(changes: Changes = {}, subject = 'Ship'): Promise<TaskDescription> {
    const description = await describeTask({ subject, ...given(changes) });
    assert.equal(description.kind, 'task');
    return description as TaskDescription;
  }

  async function inputOf(name: string, changes: Changes = {}): Promise<DescribedInput> {
    const { groups } = await form(changes);
    return groups.flatMap(({ inputs }) => inputs).find((input) => input.name === name)!;
  }

  async function problemsWith(change: object): Promise<readonly string[]> {
    writeTask({ ...TASK, ...change });
    return (await form({ connections: {} })).problems;
  }

  async function verified(changes: Changes = {}): Promise<ConnectionDescription> {
    const description = await describeTask({ subject: 'connection', ...given(changes) });
    return description as ConnectionDescription;
  }

  it('shows groups and inputs in order, with options, defaults and what is hidden', async () => {
    const { name, version, friendlyName, groups, problems } = await form();

    assert.deepEqual([name, version, friendlyName, problems], ['Ship', '1.2.3', 'Ship it', []]);
    assert.deepEqual(
      groups.map(({ label, isExpanded, inputs }) => [label, isExpanded, inputs.map((i) => i.name)]),
      [
        ['', true, ['mode', 'box']],
        ['Where', true, ['conn']],
        ['More', false, ['note']],
        ['Empty', false, []],
      ],
    );
    assert.deepEqual(await inputOf('mode'), {
      name: 'mode',
      label: 'Mode',
      type: 'pickList',
      defaultValue: 'fast',
      value: 'fast',
      isRequired: true,
      isVisible: true,
      isEditable: false,
      options: [
        { value: 'fast', text: 'Fast' },
        { value: 'slow', text: 'Slow' },
      ],
    });
  });

  it('shows and hides by the inputs given', async () => {
    const visible = async (inputs: Record<string, string>): Promise<unknown> => [
      (await inputOf('box', { inputs })).isVisible,
      (await inputOf('note', { inputs })).isVisible,
    ];

    assert.deepEqual(await visible({}), [true, false]);
    assert.deepEqual(await visible({ Speed: 'slow' }), [false, true]);
    assert.deepEqual(await visible({ mode: '$(mode)' }), [undefined, undefined]);
  });

  it('fetches a list through the only connection that fits', async () => {
    const { list } = await inputOf('box', { inputs: { mode: 'slow' } });

    assert.deepEqual(urls, ['https://h.test/boxes?mode=slow']);
    assert.deepEqual(list, {
      source: 'Boxes',
      connection: 'acme prod',
      entries: [{ value: 'b1', text: 'One &amp; two' }],
      calls: 1,
      isCut: false,
      invalid: [],
      encodedCount: 1,
      missing: [],
      isFailed: false,
    });
  });

  it('fetches a list through the connection given, by name', async () => {
    const connections = { connections: [ACME, { ...ACME, name: 'dev', url: 'https://dev.test/' }] };

    const { value, list } = { ...(await inputOf('box', { connections, inputs: { conn: 'DEV' } })) };

    assert.equal(value, '');
    assert.equal(list?.connection, 'dev');
    assert.deepEqual(urls, ['https://dev.test/boxes?mode=fast']);
  });

  it('fetches nothing while there is no connection, several fit, or a variable decides', async () => {
    const two = { connections: [ACME, { ...ACME, name: 'dev' }] };
    const reason = async (changes: Changes): Promise<unknown> => {
      const { list } = await inputOf('box', changes);
      return [list?.reason, list?.isFailed];
    };
    const choose = 'Choose a connection to get a list; free text always works.';

    assert.deepEqual(await reason({ connections: {} }), [choose, false]);
    assert.deepEqual(await reason({ connections: two }), [choose, false]);
    assert.deepEqual(await reason({ inputs: { conn: '$(c)' } }), [
      'The connection is "$(c)", which only a run knows; free text always works.',
      false,
    ]);
    assert.deepEqual(urls, []);
  });

  it('tells why there is no list, without secrets', async () => {
    answer = () => new Response('{"message":"no s3cret here"}', { status: 403 });

    const { list } = await inputOf('box');

    assert.equal(list?.reason, 'Data source "Boxes": HTTP 403: no *** here');
    assert.equal(list?.isFailed, true);
  });

  const unfinished: readonly (readonly [url: string, wanted: string])[] = [
    ['https://h.test', 'https://h.test/'],
    ['https://h.test/?o=1', 'https://h.test/'],
    ['https://h.test/base', 'https://h.test/base/'],
  ];
  for (const [url, wanted] of unfinished) {
    it(`warns of the URL ${url}`, async () => {
      const connections = { connections: [{ ...ACME, url }] };
      const remark = `The URL "${url}" has no slash at its end. Whether there is one before the path depends on the service, and is not established. Type "${wanted}".`;

      const description = await form({ connections });
      const ofType = await verified({ connections });

      assert.ok(describeInLines(description, (text) => text).includes(`    ${remark}`));
      assert.ok(describeInLines(ofType, (text) => text).includes(`  ${remark}`));
    });
  }

  it('warns of the URL where there is no list, without secrets and without making it a failure', async () => {
    const connections = { connections: [{ ...ACME, url: 'https://s3cret.test' }] };
    const description = await form({ connections });
    answer = () => new Response('{}', { status: 403 });
    const { list } = await inputOf('box', { connections });

    assert.equal(isFlawless(description), true);
    assert.equal(list?.isFailed, true);
    assert.match(list?.urlRemark ?? '', /^The URL "https:\/\/\*\*\*\.test" has no slash/);
  });

  it('tells which template is wrong', async () => {
    const reasonWith = async (change: object): Promise<string | undefined> => {
      writeTask({ ...TASK, dataSourceBindings: [{ ...TASK.dataSourceBindings[0], ...change }] });
      return (await inputOf('box')).list?.reason;
    };

    assert.equal(
      await reasonWith({ resultTemplate: '{{foo id}}' }),
      'Data source "Boxes": resultTemplate: there is no helper "foo"',
    );
    assert.match(
      (await reasonWith({ parameters: { mode: '$(mod)' } })) ?? '',
      /^Data source "Boxes": parameter mode: there is no variable "\$\(mod\)" \(known: conn, mode, /,
    );
    assert.match(
      (await reasonWith({ parameters: {} })) ?? '',
      /^Data source "Boxes": endpointUrl: there is no variable "mode"/,
    );
    assert.equal(
      await reasonWith({ dataSourceName: 'Crates' }),
      'Data source "Crates": the type "acme" has no data source of this name',
    );
  });

  it('runs the request of a binding, which reads the inputs', async () => {
    writeTask({
      ...TASK,
      dataSourceBindings: [
        {
          target: 'box',
          endpointId: '$(conn)',
          endpointUrl: '{{{endpoint.url}}}own/$(mode)',
          resultSelector: 'jsonpath:$.boxes[*].id',
        },
      ],
    });

    const { list } = await inputOf('box');

    assert.deepEqual(urls, ['https://h.test/own/fast']);
    assert.equal(list?.source, '(own request)');
    assert.deepEqual(list?.entries, [{ value: 'b1', text: 'b1' }]);
  });

  const binding = TASK.dataSourceBindings[0];
  const wrong: readonly (readonly [string, object, readonly string[]])[] = [
    [
      'a target that is no input',
      { dataSourceBindings: [{ ...binding, target: 'boxx' }] },
      ['dataSourceBindings[0]: the target "boxx" is no input of the task; did you mean "box"?'],
    ],
    [
      'a target that is no pickList',
      { dataSourceBindings: [{ ...binding, target: 'note' }] },
      [
        'dataSourceBindings[0]: the target "note" is of the type string; only a pickList shows a list',
      ],
    ],
    [
      'a target without free text',
      { dataSourceBindings: [{ ...binding, target: 'mode' }] },
      [
        'dataSourceBindings[0]: the target "mode" has no "EditableOptions": "True", so that nothing can be typed when there is no list',
      ],
    ],
    [
      'an endpointId that names no connection input',
      { dataSourceBindings: [{ ...binding, endpointId: '$(mode)' }] },
      [
        'dataSourceBindings[0]: the endpointId "$(mode)" names no connection input (there is: $(conn))',
      ],
    ],
    [
      'an unknown data source',
      { dataSourceBindings: [{ ...binding, dataSourceName: 'Boxs' }] },
      ['dataSourceBindings[0]: the type "acme" has no data source "Boxs"; did you mean "Boxes"?'],
    ],
    [
      'neither a data source nor a URL',
      { dataSourceBindings: [{ ...binding, dataSourceName: '' }] },
      ['dataSourceBindings[0]: there is neither a dataSourceName nor an endpointUrl'],
    ],
    [
      'bad templates',
      {
        dataSourceBindings: [
          {
            ...binding,
            resultTemplate: '{{#x}}',
            parameters: { mode: '{{foo 1}}' },
            headers: [{ name: 'X', value: '{{bar 1}}' }],
          },
        ],
      },
      [
        'dataSourceBindings[0]: resultTemplate: it is not a valid template, near: {{#x}}',
        'dataSourceBindings[0]: parameter mode: there is no helper "foo"',
        'dataSourceBindings[0]: header X: there is no helper "bar"',
      ],
    ],
    [
      'a type of connection that nobody declares',
      {
        inputs: [
          { name: 'conn', type: 'connectedService:acmee' },
          { name: 'azure', type: 'connectedService:AzureRM' },
        ],
        dataSourceBindings: [],
      },
      [
        'input "conn": no contribution of the extension declares the type of service connection "acmee"; did you mean "acme"?',
      ],
    ],
  ];
  for (const [title, change, problems] of wrong) {
    it(`finds ${title}`, async () => {
      assert.deepEqual(await problemsWith(change), problems);
    });
  }

  it('tells that there is no list for a binding that cannot work', async () => {
    const reasonWith = async (change: object): Promise<unknown> => {
      writeTask({ ...TASK, ...change });
      return (await inputOf('box', { inputs: { conn: 'acme prod' } })).list?.reason;
    };

    assert.equal(
      await reasonWith({ dataSourceBindings: [{ ...binding, endpointId: 'x' }] }),
      'The binding names no connection input.',
    );
    writeManifest({});
    assert.equal(
      await reasonWith({}),
      'The extension does not declare the type of service connection "acme", so its data sources are not known here.',
    );
  });

  it('finds a task by name, by name and version, and by folder; of several versions the newest', async () => {
    writeTask({ ...TASK, version: { Major: 2 } }, 'Ship2');

    const versions = [];
    for (const subject of ['ship', 'Ship@1', join(folder, 'tasks', 'Ship')]) {
      versions.push((await form({}, subject)).version);
    }

    assert.deepEqual(versions, ['2.0.0', '1.2.3', '1.2.3']);
  });

  it('takes the manifest that is named', async () => {
    const extension = join(folder, 'other.json');
    writeFileSync(extension, '{"contributions":[]}');

    const { problems } = await form({ extension, connections: {} });

    assert.deepEqual(problems, [
      'input "conn": no contribution of the extension declares the type of service connection "acme"',
    ]);
  });

  const refusals: readonly (readonly [string, string, Changes, RegExp])[] = [
    ['an unknown task', 'Shop', {}, /^Unknown task "Shop"; did you mean "Ship"\?$/],
    ['a task that is nothing like it', 'Zzzzzzz', {}, /^Unknown task "Zzzzzzz" \(known: Ship\)\.$/],
    [
      'an unknown version',
      'Ship@7',
      {},
      /^There is no version 7 of task "Ship" \(there is Ship@1\)\.$/,
    ],
    [
      'an unknown input',
      'Ship',
      { inputs: { mod: 'x' } },
      /^Ship has no input "mod"; did you mean "mode"\?$/,
    ],
    [
      'an unknown connection',
      'Ship',
      { inputs: { conn: 'acme prd' } },
      /^Input "conn": there is no connection "acme prd" in the connections file; did you mean "acme prod"\?$/,
    ],
    [
      'a connection of another type',
      'Ship',
      { connections: { connections: [{ ...ACME, type: 'other' }] }, inputs: { conn: 'acme prod' } },
      /^Input "conn": connection "acme prod" is of type "other", the input takes "acme"\.$/,
    ],
    [
      'a folder without tasks',
      'Ship',
      { tasksDir: 'nowhere', extension: 'vss-extension.json' },
      /^There are no tasks in "nowhere"\. Build them with: npm run build; or name/,
    ],
    [
      'a manifest that is not there',
      'Ship',
      { extension: '/nowhere.json' },
      /^Cannot read .*ENOENT/,
    ],
    [
      'no connection of the type',
      'acme',
      { connections: {} },
      /^There is no connection of the type "acme"\. Name a file that has one with --connections FILE\.$/,
    ],
  ];
  for (const [title, subject, changes, message] of refusals) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(describeTask({ subject, ...given(changes) }), {
        name: 'DescribeError',
        message,
      });
    });
  }

  it('refuses a manifest without a type, or with several, when none is named', async () => {
    const [, type] = MANIFEST.contributions;
    const other = { ...type, properties: { ...type?.properties, name: 'zeta' } };
    const refusal = async (contributions: unknown): Promise<string> => {
      writeManifest({ contributions });
      return verified().then(String, (error: Error) => error.message);
    };

    assert.equal(await refusal([]), 'The extension declares no type of service connection.');
    assert.equal(
      await refusal([type, other]),
      'The extension declares several types of service connection: acme, zeta. Name one of them.',
    );
    writeManifest([]);
    await assert.rejects(form(), /extension\.vsomanifest is no manifest: it holds no JSON object$/);
    rmSync(join(folder, 'extension.vsomanifest'));
    const here = process.cwd();
    process.chdir(folder);
    await assert
      .rejects(form(), /^DescribeError: There is no manifest of the extension: neither /)
      .finally(() => process.chdir(here));
  });

  it('verifies each connection of a type and runs every data source', async () => {
    const { type, displayName, connections, problems } = await verified();

    assert.deepEqual([type, displayName, problems], ['acme', 'Acme', []]);
    assert.deepEqual(connections, [
      {
        name: 'acme prod',
        verify: 'OK, HTTP 200',
        isVerified: true,
        sources: [
          {
            name: 'Boxes',
            count: 0,
            calls: 0,
            isCut: false,
            reason:
              'endpointUrl: there is no variable "mode" (known: endpoint.org, endpoint.apitoken, endpoint.url, system.utcNow)',
          },
          { name: 'Lids', count: 0, calls: 1, isCut: false },
        ],
      },
    ]);
  });

  it('hands parameters over to the data sources of a type', async () => {
    const { connections } = await verified({ inputs: { mode: 'slow' } });

    assert.deepEqual(connections[0]?.sources, [
      { name: 'Boxes', count: 1, calls: 1, isCut: false },
      { name: 'Lids', count: 0, calls: 1, isCut: false },
    ]);
  });

  it('tells why a connection cannot be verified', async () => {
    answer = () => new Response('bad s3cret', { status: 401 });
    const { connections } = await verified();
    const [, type] = MANIFEST.contributions;
    writeManifest({
      contributions: [{ ...type, properties: { ...type?.properties, dataSources: [] } }],
    });
    const without = await verified();

    assert.equal(connections[0]?.verify, 'failed: HTTP 401: bad ***');
    assert.equal(connections[0]?.isVerified, false);
    assert.equal(
      without.connections[0]?.verify,
      'not possible: the type has no data source TestConnection',
    );
  });

  it('finds templates of a type that cannot work', async () => {
    const [, type] = MANIFEST.contributions;
    const dataSources = [{ name: 'Bad', endpointUrl: '{{foo 1}}' }];
    writeManifest({
      contributions: [{ ...type, properties: { ...type?.properties, dataSources } }],
    });

    const { problems } = await verified();

    assert.deepEqual(problems, ['data source "Bad": endpointUrl: there is no helper "foo"']);
  });

  it('is shown as lines', async () => {
    answer = () =>
      new Response(
        JSON.stringify({ boxes: [{ id: 'b1', name: 'a & \u007f[31m' }, { id: 'b"2' }] }),
      );
    writeTask({
      ...TASK,
      dataSourceBindings: [{ ...binding, resultTemplate: `${binding?.resultTemplate}{{{z}}}` }],
    });
    const description = await form();
    const lines = describeInLines(description, (text) => text);

    assert.deepEqual(lines, [
      'Ship it (Ship@1.2.3)',
      '',
      '  Mode  mode: pickList, required, default "fast", no free text',
      '      fast  Fast',
      '      slow  Slow',
      '  Box  box: pickList',
      '    1 entry of Boxes through "acme prod", 1 call',
      '    The resultTemplate gives no JSON: {"Value":"b"2","DisplayValue":""}',
      '    1 of the texts hold HTML entities, from {{…}} in the resultTemplate; {{{…}}} would give none',
      '    No item has "z", which the resultTemplate shows as nothing',
      '      b1  a &amp; \ufffd[31m',
      '',
      'Where',
      '  Connection  conn: connectedService:acme, value "acme prod"',
      '',
      'More (closed at first)',
      '  Note  note: string, hidden',
    ]);
    assert.equal(isFlawless(description), false);
  });

  it('ends the command with 0 when nothing is wrong, and with 1 otherwise', async () => {
    const lines: string[] = [];
    const errors: string[] = [];
    const io: Console = {
      out: (line) => void lines.push(line),
      error: (line) => void errors.push(line),
      isTerminal: false,
      onSignal: () => undefined,
      now: () => 0,
    };
    const tasks = join(folder, 'tasks');
    const describeWith = (...args: string[]): Promise<0 | 1> =>
      runCommand(['--describe', 'Ship', '--tasks', tasks, ...args], io);

    assert.equal(await describeWith('--input', 'mode=$(m)'), 0);
    assert.ok(lines.includes('    Choose a connection to get a list; free text always works.'));
    assert.ok(lines.includes('  Box  box: pickList, shown or hidden by a variable'));
    assert.equal(await describeWith('--input', 'x=1'), 1);
    assert.equal(await describeWith('--connections', join(folder, 'none.yml')), 1);
    writeTask({ ...TASK, dataSourceBindings: [{ ...binding, target: 'nothing' }] });
    assert.equal(await describeWith(), 1);
    assert.deepEqual(lines.slice(-2), [
      'Problems',
      '  dataSourceBindings[0]: the target "nothing" is no input of the task',
    ]);
    assert.deepEqual(errors, [
      'Ship has no input "x"',
      `${join(folder, 'none.yml')}:1:1: Cannot read the connections file: ENOENT: no such file or directory, open '${join(folder, 'none.yml')}'`,
    ]);
  });

  it('is shown as lines for a connection', async () => {
    const lines = describeInLines(await verified(), (text) => text);

    assert.deepEqual(lines, [
      'Acme (acme)',
      '',
      'acme prod',
      '  Verify: OK, HTTP 200',
      '  Boxes: endpointUrl: there is no variable "mode" (known: endpoint.org, endpoint.apitoken, endpoint.url, system.utcNow)',
      '  Lids: 0 items, 1 call',
    ]);
  });
});
