import assert from 'node:assert/strict';
import { readZip } from '../../../../../local/workspace/formats/zip';
import {
  type Answer,
  closeWorkspaces,
  openWorkspace,
  type TestWorkspace,
} from '../workspace-client';

const API = '/api/2.0/workspace';

describe('workspace/export', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
    await workspace.putNotebook('/Shared/d/n', 'print(1)');
    const content = Buffer.from('a,b').toString('base64');
    const file = { path: '/Shared/d/f.csv', content, format: 'AUTO' };
    await workspace.post(`${API}/import`, file);
  });
  afterEach(closeWorkspaces);

  function exportAs(path: string, format?: string): Promise<Answer> {
    return workspace.get(`${API}/export`, { path, ...(format !== undefined && { format }) });
  }

  function contentOf({ body }: Answer): string {
    return Buffer.from(String(body['content']), 'base64').toString();
  }

  it('gives source as base64 with its file type by default', async () => {
    const answer = await exportAs('/Shared/d/n');

    assert.equal(contentOf(answer), '# Databricks notebook source\nprint(1)');
    assert.equal(answer.body['file_type'], 'py');
  });

  it('gives a source notebook as Jupyter', async () => {
    const answer = await exportAs('/Shared/d/n', 'JUPYTER');

    const document = JSON.parse(contentOf(answer));
    assert.equal(answer.body['file_type'], 'ipynb');
    assert.equal(document.nbformat, 4);
    assert.deepEqual(document.cells[0].source, ['print(1)']);
    assert.equal(document.metadata.language_info.name, 'python');
  });

  it('gives a Jupyter notebook as source', async () => {
    const document = {
      nbformat: 4,
      metadata: {},
      cells: [
        { cell_type: 'markdown', source: '# Title' },
        { cell_type: 'code', source: ['a = 1\n', 'b = 2'] },
      ],
    };
    const content = Buffer.from(JSON.stringify(document)).toString('base64');
    await workspace.post(`${API}/import`, { path: '/Shared/j', content, format: 'JUPYTER' });

    assert.equal(
      contentOf(await exportAs('/Shared/j', 'SOURCE')),
      '# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n\n# COMMAND ----------\n\na = 1\nb = 2\n',
    );
  });

  it('gives a file as it is', async () => {
    const answer = await exportAs('/Shared/d/f.csv', 'AUTO');

    assert.equal(contentOf(answer), 'a,b');
    assert.equal(answer.body['file_type'], 'csv');
  });

  it('gives a folder as a zip of sources and files', async () => {
    const { body } = await exportAs('/Shared/d', 'AUTO');

    const entries = readZip(Buffer.from(String(body['content']), 'base64'));
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['f.csv', 'n.py'],
    );
    assert.equal(body['file_type'], 'zip');
  });

  const refused: [string, string, string][] = [
    [
      '/Shared/d',
      'JUPYTER',
      'Folders can be exported as DBC, SOURCE or AUTO only, not as JUPYTER.',
    ],
    ['/Shared/d/f.csv', 'HTML', 'Files can be exported as AUTO only, not as HTML.'],
    ['/Shared/d/n', 'R_MARKDOWN', 'n is not an R notebook.'],
    ['/Shared/d/n', 'PDF', 'Invalid format: PDF'],
  ];
  for (const [path, format, message] of refused) {
    it(`refuses ${path} as ${format}`, async () => {
      const { status, body } = await exportAs(path, format);

      assert.equal(status, 400);
      assert.equal(body['message'], message);
    });
  }
});

describe('workspace-files', () => {
  let workspace: TestWorkspace;
  beforeEach(async () => {
    workspace = await openWorkspace();
  });
  afterEach(closeWorkspaces);

  async function upload(path: string, content: string, query = ''): Promise<Answer> {
    const url = `${workspace.url}/api/2.0/workspace-files/import-file/${path}${query}`;
    const headers = { authorization: `Bearer ${workspace.token}` };
    const response = await fetch(url, { method: 'POST', headers, body: content });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text), headers: response.headers };
  }

  it('takes a file under a path escaped as one segment, and gives it back', async () => {
    const sent = await upload(encodeURIComponent('Shared/a b%/x.txt'), 'hi');
    assert.equal(sent.body['message'], 'The parent folder (/Shared/a b%) does not exist.');
    await workspace.post(`${API}/mkdirs`, { path: '/Shared/a b%' });

    const again = await upload(encodeURIComponent('Shared/a b%/x.txt'), 'hi');
    const got = await workspace.get(
      `/api/2.0/workspace-files/${encodeURIComponent('Shared/a b%/x.txt')}`,
    );

    assert.equal(again.text, '{}');
    assert.equal(got.text, 'hi');
  });

  it('detects notebooks and refuses to replace one without overwrite', async () => {
    const source = '# Databricks notebook source\n';
    await upload('Shared%2Fn.py', source);

    const again = await upload('Shared%2Fn.py', source, '?overwrite=false');
    const replaced = await upload('Shared%2Fn.py', source, '?overwrite=true');

    assert.equal(again.status, 400);
    assert.equal(again.body['message'], 'Path (/Shared/n) already exists.');
    assert.equal(replaced.text, '{}');
  });

  it('answers 409 to a file that is there', async () => {
    await upload('Shared/f.txt', 'x');

    const { status, body } = await upload('Shared/f.txt', 'x');

    assert.equal(status, 409);
    assert.equal(body['error_code'], 'ALREADY_EXISTS');
  });

  it('gives no folder', async () => {
    const { status } = await workspace.get('/api/2.0/workspace-files/Shared');

    assert.equal(status, 400);
  });
});
