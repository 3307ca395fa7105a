import assert from 'node:assert/strict';
import type { StepRecord } from '../../../local/agent/timeline';
import { errorsOf } from '../../helpers/scene';
import { callApi } from '../../helpers/workspace-api';
import { header, type ImportScene, startImportScene, target } from './import-scene';

const me = 'local.user@databricks.test';
const engineers = '- group_name: data-engineers\n  permission_level: CAN_RUN\n';

interface Entry {
  readonly user_name?: string;
  readonly group_name?: string;
  readonly all_permissions: readonly { permission_level: string; inherited: boolean }[];
}

describe('permissions of DatabricksImportNotebooks', () => {
  let scene: ImportScene;

  beforeEach(async () => {
    scene = await startImportScene();
    scene.put({ 'a.py': header, 'b/c.txt': 'x' });
  });

  afterEach(() => scene.close());

  async function urlOfTarget(): Promise<string> {
    const status = await callApi(
      scene.workspace,
      'GET',
      `/api/2.0/workspace/get-status?path=${encodeURIComponent(target)}`,
    );
    return `/api/2.0/permissions/directories/${status['resource_id']}`;
  }

  /** What was given on the target folder itself. */
  async function given(): Promise<Record<string, string>> {
    const body = await callApi(scene.workspace, 'GET', await urlOfTarget());
    const entries = body['access_control_list'] as Entry[];
    return Object.fromEntries(
      entries.flatMap(({ user_name, group_name, all_permissions }) =>
        all_permissions
          .filter(({ inherited }) => !inherited)
          .map((one) => [user_name ?? group_name, one.permission_level]),
      ),
    );
  }

  async function giveByHand(): Promise<void> {
    await scene.makeFolder('');
    const { url, token } = scene.workspace;
    const list = [{ group_name: 'testers', permission_level: 'CAN_EDIT' }];
    const { status } = await fetch(`${url}${await urlOfTarget()}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ access_control_list: list }),
    });
    assert.equal(status, 200);
    scene.workspace.clearRequests();
  }

  /** Requests that set permissions or import, in order. */
  function order(): string[] {
    return scene.workspace
      .requests()
      .map(({ method, path }) => `${method} ${path.split('/')[3]}/${path.split('/')[4]}`)
      .filter((request) => /^(PUT|PATCH) |workspace\/import$/.test(request));
  }

  const linesOf = ({ log }: StepRecord): string[] =>
    log.filter((line) => line.startsWith('Permissions '));

  it('are set once on a new folder, before anything is imported that inherits them', async () => {
    const step = await scene.import({ permissions: engineers });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await given(), { 'data-engineers': 'CAN_RUN' });
    assert.deepEqual(linesOf(step), [
      `Permissions of ${target}: group data-engineers CAN_RUN; others stay.`,
    ]);
    const permissions = order().filter((request) => request.includes('permissions'));
    assert.deepEqual(permissions, ['PATCH permissions/directories']);
    const paths = scene.workspace
      .requests()
      .map(({ path, body }) => [path, (body as { path?: string } | undefined)?.path] as const);
    const set = paths.findIndex(([path]) => path.includes('/permissions/'));
    const sent = paths.findIndex(([path, of]) => path.endsWith('/import') && of === `${target}/a`);
    assert.ok(set >= 0 && set < sent, JSON.stringify(paths));
  });

  it('leave what others were given by hand', async () => {
    await giveByHand();

    const step = await scene.import({ permissions: engineers, permissionsMode: 'keep' });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await given(), { testers: 'CAN_EDIT', 'data-engineers': 'CAN_RUN' });
  });

  it('take it away in the mode replace, but not from who imports', async () => {
    await giveByHand();

    const step = await scene.import({ permissions: engineers, permissionsMode: 'replace' });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await given(), { 'data-engineers': 'CAN_RUN', [me]: 'CAN_MANAGE' });
    assert.deepEqual(linesOf(step), [
      `Permissions of ${target}: group data-engineers CAN_RUN; user ${me} CAN_MANAGE; others are removed.`,
    ]);
  });

  it('are set again when nothing has to be imported', async () => {
    await scene.import();
    scene.workspace.clearRequests();

    const step = await scene.import({ permissions: engineers });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await given(), { 'data-engineers': 'CAN_RUN' });
    assert.deepEqual(order(), ['PATCH permissions/directories']);
  });

  it('are only shown in a dry run', async () => {
    await giveByHand();

    const step = await scene.import({
      permissions: engineers,
      permissionsMode: 'replace',
      dryRun: 'true',
    });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(linesOf(step), [
      `Permissions to set on ${target}: group data-engineers CAN_RUN; others are removed.`,
    ]);
    assert.deepEqual(order(), []);
    assert.deepEqual(await given(), { testers: 'CAN_EDIT' });
  });

  it('stop the import when the workspace does not know somebody', async () => {
    const step = await scene.import({
      permissions: '[{"service_principal_name": "deployer", "permission_level": "CAN_MANAGE"}]',
    });

    const [error = '', ...more] = errorsOf(step);
    assert.deepEqual(more, []);
    assert.ok(
      error.startsWith(
        `Setting the permissions of "${target}" failed: Principal: ServicePrincipalName(deployer) does not exist (HTTP 404 RESOURCE_DOES_NOT_EXIST, PATCH `,
      ),
      error,
    );
    assert.ok(
      error.endsWith(
        'Nothing was imported yet. Check the names: users by e-mail address, groups by their name in this workspace, service principals by application id. The workspace must know all of them already.',
      ),
      error,
    );
    assert.ok(!scene.changes().includes('import a'), String(scene.changes()));
  });

  it('stop the import when the identity may not change them', async () => {
    scene.workspace.addFault({
      match: 'PATCH /api/2.0/permissions/*',
      kind: 'status',
      status: 403,
      body: { error_code: 'PERMISSION_DENIED', message: 'Only Can Manage may do that.' },
    });

    const step = await scene.import({ permissions: engineers });

    assert.equal(step.result, 'Failed');
    assert.match(
      errorsOf(step).join('\n'),
      /HTTP 403 PERMISSION_DENIED.* Nothing was imported yet\. Only an identity with the permission "Can Manage" on it may do that\.$/,
    );
    assert.ok(!scene.changes().includes('import a'), String(scene.changes()));
  });

  it('are set although an answer is lost and the workspace limits the rate', async () => {
    const match = 'PATCH /api/2.0/permissions/*';
    scene.workspace.addFault({ match, kind: 'status', status: 429, times: 1 });
    scene.workspace.addFault({ match, kind: 'reset-after', times: 1 });

    const step = await scene.import({ permissions: engineers });

    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await given(), { 'data-engineers': 'CAN_RUN' });
    assert.equal(step.outputs['importedCount'], '2');
  });

  it('are given to a group with any name, which does nothing in the log', async () => {
    const name = 'x\n##vso[task.complete result=Failed]\n##[error]boom';
    const permissions = JSON.stringify([{ group_name: name, permission_level: 'CAN_READ' }]);

    const step = await scene.import({ permissions });

    assert.equal(step.result, 'Succeeded');
    assert.deepEqual(errorsOf(step), []);
    assert.deepEqual(await given(), { [name]: 'CAN_READ' });
    assert.equal(linesOf(step).length, 1);
    assert.doesNotMatch(linesOf(step)[0] ?? '', /##(vso|\[)/);
  });
});
