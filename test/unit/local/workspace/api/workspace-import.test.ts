import assert from 'node:assert/strict';
import { writeZip } from '../../../../../local/workspace/formats/zip';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
  toAnswer,
} from '../workspace-client';

const API = '/api/2.0/workspace';
const HEADER = '# Databricks notebook source';

function ipynb(metadata: object = {}): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 0,
    metadata,
    cells: [
      { cell_type: 'markdown', source: ['# Title'], metadata: {} },
      { cell_type: 'code', source: ['a = 1\n', 'b = 2'], metadata: {}, outputs: [] },
    ],
  });
}

describe('workspace/import', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
  });
  afterEach(closeWorkspaces);

  function importText(path: string, text: string | Buffer, more: object = {}): Promise<Answer> {
    const content = Buffer.from(text).toString('base64');
    return workspace.post(`${API}/import`, { path, content, ...more });
  }

  async function statusOf(path: string): Promise<Answer['body']> {
    return (await workspace.get(`${API}/get-status`, { path })).body;
  }

  async function exported(path: string, format = 'SOURCE'): Promise<string> {
    const query = { path, format, direct_download: 'true' };
    return (await workspace.get(`${API}/export`, query)).text;
  }

  it('takes SOURCE at the path as it is and adds the header on export', async () => {
    const { text } = await importText('/Shared/n.py', 'print(1)', { language: 'PYTHON' });

    assert.equal(text, '{}');
    assert.equal((await statusOf('/Shared/n.py'))['object_type'], 'NOTEBOOK');
    assert.equal(await exported('/Shared/n.py'), `${HEADER}\nprint(1)`);
  });

  it('makes an empty notebook of SOURCE without content', async () => {
    await workspace.post(`${API}/import`, { path: '/Shared/e', language: 'SQL' });

    assert.equal(await exported('/Shared/e'), '-- Databricks notebook source\n');
  });

  const autoCases: [string, string, string, string, string | undefined][] = [
    ['a.py', `${HEADER}\nx`, 'a', 'NOTEBOOK', 'PYTHON'],
    ['a.py', `${HEADER}\r\nx`, 'a', 'NOTEBOOK', 'PYTHON'],
    ['a.sql', '-- Databricks notebook source\nx', 'a', 'NOTEBOOK', 'SQL'],
    ['a.scala', '// Databricks notebook source\nx', 'a', 'NOTEBOOK', 'SCALA'],
    ['a.R', `${HEADER}\nx`, 'a', 'NOTEBOOK', 'R'],
    ['a.ipynb', ipynb({ language_info: { name: 'scala' } }), 'a', 'NOTEBOOK', 'SCALA'],
    ['a.py', 'print(1)', 'a.py', 'FILE', undefined],
    ['a.py', `${HEADER} \nx`, 'a.py', 'FILE', undefined],
    ['a.py', `\ufeff${HEADER}\nx`, 'a.py', 'FILE', undefined],
    ['a.py', `\n${HEADER}\nx`, 'a.py', 'FILE', undefined],
    ['a.sql', `${HEADER}\nx`, 'a.sql', 'FILE', undefined],
    ['a.txt', `${HEADER}\nx`, 'a.txt', 'FILE', undefined],
    ['a', `${HEADER}\nx`, 'a', 'FILE', undefined],
    ['a.lvdash.json', '{}', 'a.lvdash.json', 'DASHBOARD', undefined],
    ['a.LVDASH.json', '{}', 'a.LVDASH.json', 'DASHBOARD', undefined],
    ['a.dbquery.ipynb', ipynb(), 'a.dbquery.ipynb', 'QUERY', undefined],
    ['a.dbalert.json', '{}', 'a.dbalert.json', 'ALERT', undefined],
    ['a.designer.ipynb', ipynb(), 'a.designer.ipynb', 'DESIGNER_FILE', undefined],
    ['a.json', '{}', 'a.json', 'FILE', undefined],
  ];
  for (const [name, content, stored, type, language] of autoCases) {
    it(`AUTO makes ${type} ${stored} of ${name} with ${JSON.stringify(content.slice(0, 32))}`, async () => {
      await importText(`/Shared/${name}`, content, { format: 'AUTO' });

      const status = await statusOf(`/Shared/${stored}`);

      assert.equal(status['object_type'], type);
      assert.equal(status['language'], language);
    });
  }

  it('AUTO refuses an .ipynb that is no notebook', async () => {
    const { status, body } = await importText('/Shared/a.ipynb', '{"cells":[]}', {
      format: 'AUTO',
    });

    assert.equal(status, 400);
    assert.equal(body['error_code'], 'INVALID_PARAMETER_VALUE');
  });

  it('JUPYTER keeps the document and names its language, Python when unknown', async () => {
    const own = { 'application/vnd.databricks.v1+notebook': { language: 'sql' } };
    await importText('/Shared/j.ipynb', ipynb(own), { format: 'JUPYTER' });
    await importText('/Shared/k', ipynb({ language_info: { name: 'julia' } }), {
      format: 'JUPYTER',
    });

    assert.equal((await statusOf('/Shared/j.ipynb'))['language'], 'SQL');
    assert.equal((await statusOf('/Shared/k'))['language'], 'PYTHON');
    assert.equal(await exported('/Shared/j.ipynb', 'AUTO'), ipynb(own));
  });

  it('JUPYTER refuses what is no notebook', async () => {
    const { body } = await importText('/Shared/j', 'x', { format: 'JUPYTER' });

    assert.equal(body['message'], 'The file at /Shared/j is not a valid Jupyter notebook.');
  });

  it('RAW keeps a notebook source and a zip as files', async () => {
    const zip = writeZip([{ name: 'a', content: Buffer.from('x') }]);
    await importText('/Shared/a.py', `${HEADER}\nx`, { format: 'RAW' });
    await importText('/Shared/a.zip', zip, { format: 'RAW' });

    assert.equal((await statusOf('/Shared/a.py'))['object_type'], 'FILE');
    assert.equal((await statusOf('/Shared/a.zip'))['size'], zip.length);
  });

  it('AUTO unpacks a zip to a folder', async () => {
    const zip = writeZip([
      { name: 'src/n.py', content: Buffer.from(`${HEADER}\nx`) },
      { name: 'data.csv', content: Buffer.from('a,b') },
    ]);
    await importText('/Shared/app.zip', zip, { format: 'AUTO' });

    assert.equal((await statusOf('/Shared/app.zip/src/n'))['object_type'], 'NOTEBOOK');
    assert.equal((await statusOf('/Shared/app.zip/data.csv'))['object_type'], 'FILE');
  });

  it('SOURCE without a language wants a zip', async () => {
    const none = await importText('/Shared/z', 'print(1)');
    const empty = await importText('/Shared/z', writeZip([]));

    assert.equal(
      none.body['message'],
      'The zip file may not be valid or may be an unsupported version.',
    );
    assert.equal(empty.body['message'], 'The zip archive contains no items.');
  });

  it('refuses a zip whose entries lead out of the folder, before writing any', async () => {
    const zip = writeZip([
      { name: 'fine', content: Buffer.from('x') },
      { name: '../../../evil', content: Buffer.from('x') },
    ]);

    const { status } = await importText('/Shared/z', zip);

    assert.equal(status, 400);
    assert.equal((await statusOf('/Shared/z'))['error_code'], 'RESOURCE_DOES_NOT_EXIST');
  });

  for (const format of ['HTML', 'DBC']) {
    it(`${format} brings back what its export wrote`, async () => {
      const source = `${HEADER}\na = "ü"\n\n# COMMAND ----------\n\n# MAGIC %sql\n# MAGIC SELECT 1\n`;
      await importText('/Shared/n', source, { language: 'PYTHON' });
      const query = { path: '/Shared/n', format };
      const { body } = await workspace.get(`${API}/export`, query);

      const content = body['content'];
      await workspace.post(`${API}/import`, { path: '/Shared/again', content, format });

      assert.equal(body['file_type'], format.toLowerCase());
      assert.equal(await exported('/Shared/again'), source);
    });
  }

  it('DBC brings back a folder and refuses overwrite', async () => {
    await workspace.putNotebook('/Shared/d/n');
    await workspace.putNotebook('/Shared/d/sub/m');
    const query = { path: '/Shared/d', format: 'DBC' };
    const { body } = await workspace.get(`${API}/export`, query);
    const copy = { path: '/Shared/copy', content: body['content'], format: 'DBC' };

    const refused = await workspace.post(`${API}/import`, { ...copy, overwrite: true });
    const done = await workspace.post(`${API}/import`, copy);
    const again = await workspace.post(`${API}/import`, copy);

    assert.equal(refused.body['message'], 'Overwrite is not supported for format: DBC');
    assert.equal(done.text, '{}');
    assert.equal(again.body['error_code'], 'RESOURCE_ALREADY_EXISTS');
    assert.equal((await statusOf('/Shared/copy/sub/m'))['object_type'], 'NOTEBOOK');
  });

  it('DBC refuses entries that are no notebooks', async () => {
    const zip = writeZip([{ name: 'a.python', content: Buffer.from('no') }]);

    const { body } = await importText('/Shared/z', zip, { format: 'DBC' });

    assert.equal(body['message'], "The archive's entry a.python is not a Databricks notebook.");
  });

  it('HTML refuses another page', async () => {
    const { body } = await importText('/Shared/h', '<html></html>', { format: 'HTML' });

    assert.equal(body['message'], 'The imported content is not a Databricks notebook.');
  });

  it('R_MARKDOWN becomes an R notebook', async () => {
    await importText('/Shared/r', 'Text\n\n```{r}\nx <- 1\n```\n', { format: 'R_MARKDOWN' });

    assert.equal((await statusOf('/Shared/r'))['language'], 'R');
    assert.match(await exported('/Shared/r'), /# MAGIC %md\n# MAGIC Text[\s\S]*x <- 1/);
    assert.equal(await exported('/Shared/r', 'R_MARKDOWN'), 'Text\n\n```{r}\nx <- 1\n```\n');
  });

  it('takes multipart with raw bytes, as SDKs send it', async () => {
    const form = new FormData();
    form.set('path', '/Shared/m.py');
    form.set('format', 'AUTO');
    form.set('overwrite', 'true');
    form.set('content', new Blob([`${HEADER}\nx\0\xff`]), 'm.py');

    const response = await fetch(`${workspace.url}${API}/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${workspace.token}` },
      body: form,
    });

    assert.equal((await toAnswer(response)).text, '{}');
    assert.equal(await exported('/Shared/m'), `${HEADER}\nx\0\xff`);
  });

  it('takes multipart content without a file name as text', async () => {
    const form = new FormData();
    form.set('path', '/Shared/m.txt');
    form.set('format', 'AUTO');
    form.set('content', 'text');
    const headers = { authorization: `Bearer ${workspace.token}` };

    await fetch(`${workspace.url}${API}/import`, { method: 'POST', headers, body: form });

    assert.equal(await exported('/Shared/m.txt', 'AUTO'), 'text');
  });

  const conflicts: [string, object, object, number, object][] = [
    [
      'a file without overwrite',
      { path: '/Shared/f.txt', format: 'AUTO' },
      { path: '/Shared/f.txt', format: 'AUTO' },
      400,
      {
        error_code: 'RESOURCE_ALREADY_EXISTS',
        message: '/Shared/f.txt already exists. Please pass overwrite=true to overwrite it.',
      },
    ],
    [
      'a notebook without overwrite',
      { path: '/Shared/n', language: 'PYTHON' },
      { path: '/Workspace/Shared/n', language: 'PYTHON' },
      400,
      { error_code: '', message: 'Path (/Workspace/Shared/n) already exists.' },
    ],
    [
      'a notebook by a file with overwrite',
      { path: '/Shared/n.py', language: 'PYTHON' },
      { path: '/Shared/n.py', format: 'AUTO', overwrite: 'true' },
      400,
      {
        error_code: 'INVALID_PARAMETER_VALUE',
        message:
          'Cannot overwrite the asset at /Shared/n.py due to type mismatch (asked: FILE, actual: NOTEBOOK).',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'WORKSPACE_OBJECT_TYPE_MISMATCH',
            domain: 'workspace.databricks.com',
            metadata: { existing_type: 'NOTEBOOK' },
          },
        ],
      },
    ],
  ];
  for (const [title, first, second, status, body] of conflicts) {
    it(`refuses to replace ${title}`, async () => {
      await workspace.post(`${API}/import`, first);

      const answer = await workspace.post(`${API}/import`, second);

      assert.equal(answer.status, status);
      assert.deepEqual(answer.body, body);
    });
  }

  it('tells in its answer the time by the clock that objects have', async () => {
    workspace = await openWorkspace({ now: () => 1_800_000_000_500 });

    const { headers } = await importText('/Shared/a', '1', { format: 'RAW' });

    const { modified_at } = await statusOf('/Shared/a');
    assert.equal(modified_at, 1_800_000_000_500);
    assert.equal(Date.parse(headers.get('date') ?? ''), 1_800_000_000_000);
  });

  it('wants the parent folder to exist', async () => {
    const { status, body } = await importText('/Workspace/Shared/no/f.txt', 'x', {
      format: 'AUTO',
    });

    assert.equal(status, 404);
    assert.deepEqual(body, {
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'The parent folder (/Workspace/Shared/no) does not exist.',
    });
  });

  it('refuses more than 10 MB', async () => {
    const content = Buffer.alloc(10 * 1024 * 1024 + 1, 'x');

    const { status, body } = await importText('/Shared/big.txt', content, { format: 'AUTO' });

    assert.equal(status, 400);
    assert.equal(body['error_code'], 'MAX_NOTEBOOK_SIZE_EXCEEDED');
  });

  const bad: [string, object, string][] = [
    ['an unknown format', { path: '/Shared/x', format: 'DOC' }, 'Invalid format: DOC'],
    [
      'an unknown language',
      { path: '/Shared/x', language: 'JAVA' },
      'Invalid language: JAVA. Expected SCALA, PYTHON, SQL or R.',
    ],
    [
      'content that is no base64',
      { path: '/Shared/x', language: 'R', content: 'ä' },
      'Could not decode the content field: it is not base64.',
    ],
    [
      'an overwrite that is no boolean',
      { path: '/Shared/x', overwrite: 'maybe' },
      `Could not parse 'overwrite' as a boolean: "maybe"`,
    ],
    ['the root as target', { path: '/', language: 'R' }, 'Cannot import to the root folder (/).'],
  ];
  for (const [title, request, message] of bad) {
    it(`refuses ${title}`, async () => {
      const { status, body } = await workspace.post(`${API}/import`, request);

      assert.equal(status, 400);
      assert.equal(body['message'], message);
    });
  }

  for (const name of ['a&b#c+d%e f', 'größe 😀', "quote's", '%2e%2e', 'a\\b']) {
    it(`takes the name ${name}`, async () => {
      await workspace.putNotebook(`/Shared/${name}/${name}`);

      assert.equal((await statusOf(`/Shared/${name}/${name}`))['path'], `/Shared/${name}/${name}`);
    });
  }
});
