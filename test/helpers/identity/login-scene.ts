import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createIdTokenIssuer,
  type IdTokenIssuer,
  type PipelineOptions,
  type PipelineResult,
  runPipeline,
} from '../../../local/agent';
import type { StepRecord } from '../../../local/agent/timeline';
import {
  type LocalWorkspace,
  startWorkspace,
  type WorkspaceOptions,
} from '../../../local/workspace';
import { fastClock, packedTasks } from '../scene';
import { secretsIn, tapProcesses } from '../secret-search';
import { taskStep } from '../task-step';
import { type Certificate, createCertificate } from './certificate';
import { DATABRICKS_RESOURCE, type Entra, startEntra } from './entra';
import { startImds } from './imds';
import type { LoopbackServer } from './loopback-server';
import { startManagement } from './management';

/** Who may sign in. Each identity of Entra has the application id that its name here says. */
export const principals = {
  /** A service principal of Databricks, which has the OAuth secret `oauthSecret` and trusts ID tokens. */
  databricks: '11111111-aaaa-4bbb-8ccc-000000000001',
  /** Of Entra, with client secret, certificate and federated credential; known to the workspace. */
  entra: '22222222-aaaa-4bbb-8ccc-000000000002',
  /** Of Entra, with the same ways to sign in; Contributor of the Azure resource, unknown to the workspace. */
  contributor: '33333333-aaaa-4bbb-8ccc-000000000003',
  /** Of Entra, with a client secret, and nothing to do with the workspace. */
  stranger: '44444444-aaaa-4bbb-8ccc-000000000004',
  systemIdentity: '55555555-aaaa-4bbb-8ccc-000000000005',
  userIdentity: '66666666-aaaa-4bbb-8ccc-000000000006',
} as const;

export const oauthSecret = 'dose-oauth-secret-of-databricks-0123';
export const clientSecret = 'Entra~client.secret-value-0123456789';
export const expiredSecret = 'Entra~expired.secret-value-987654321';

/** What only the clouds would resolve; the steps of the scene find it on loopback. */
export const workspaceName = 'adb-7405608.7.azuredatabricks.net';
export const governmentName = 'adb-7405608.7.databricks.azure.us';
export const resourceId =
  '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/data/providers/Microsoft.Databricks/workspaces/dev';

export const pipelineName = 'nightly';
export const databricksConnection = 'databricks-dev';
export const azureConnection = 'azure-dev';

type Texts = Readonly<Record<string, string>>;
type Connection = Readonly<Record<string, unknown>>;

/** How a step signs in: its inputs, and what the pipeline gives it. */
export interface Way {
  readonly inputs?: Texts;
  readonly connections?: readonly Connection[];
  /** Variables of the run; those whose names end in SECRET, TOKEN or PASSWORD are secret. */
  readonly variables?: Texts;
  readonly env?: Texts;
  /** Ports on loopback where the steps find further names. */
  readonly redirects?: Readonly<Record<string, number>>;
  /** The clock of the steps runs so many times as fast. */
  readonly speed?: number;
}

/** What came of a step. */
export interface LoginOutcome extends StepRecord {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** The line about workspace and identity. */
  readonly signedIn: string | undefined;
}

/**
 * Everything that takes part in a login, on loopback: a workspace, Entra, the instance metadata service, Resource Manager, and the ID
 * tokens of the local agent. Every run is a debug run, and fails when a secret or a token can be read anywhere.
 */
export interface LoginScene {
  readonly workspace: LocalWorkspace;
  readonly entra: Entra;
  readonly imds: LoopbackServer;
  readonly management: LoopbackServer;
  readonly issuer: IdTokenIssuer;
  readonly certificate: Certificate;
  readonly folder: string;
  /** Runs the cheapest step there is: an import that only plans. */
  signIn(way: Way): Promise<LoginOutcome>;
  /** Runs this list of steps and resolves to the one named `step`. */
  run(steps: string, way: Way, given?: Partial<PipelineOptions>): Promise<LoginOutcome>;
  /** Requests for tokens and for the URL of the workspace since `forget`, in words and sorted. */
  asked(): readonly string[];
  /** Forgets requests and faults. */
  forget(): void;
  close(): Promise<void>;
}

/** A connection to the workspace as a service principal; `useOIDC` and no password make it one of federation. */
export function toDatabricks(url: string, parameters: Texts, change: Connection = {}): Connection {
  return {
    name: databricksConnection,
    type: 'databricksworkspace',
    url,
    scheme: 'UsernamePassword',
    parameters,
    ...change,
  };
}

/** A connection to Azure. */
export function toAzure(scheme: string, parameters: Texts, data: Texts = {}): Connection {
  return {
    name: azureConnection,
    type: 'AzureRM',
    url: 'https://management.azure.com/',
    scheme,
    parameters,
    data: {
      environment: 'AzureCloud',
      environmentAuthorityUrl: 'https://login.microsoftonline.com/',
      ...data,
    },
  };
}

/** An Azure connection of a service principal with a client secret. */
export function withClientSecret(
  tenantid: string,
  serviceprincipalid: string,
  serviceprincipalkey = clientSecret,
): Connection {
  const parameters = { tenantid, serviceprincipalid, serviceprincipalkey };
  return toAzure('ServicePrincipal', { authenticationType: 'spnKey', ...parameters });
}

/** Options of the scene beside those of the workspace. */
export interface LoginSceneOptions extends WorkspaceOptions {
  /** Life of all access tokens, in seconds; default an hour. */
  readonly lifetimeSeconds?: number;
}

export async function startLoginScene({
  lifetimeSeconds = 3600,
  ...options
}: LoginSceneOptions = {}): Promise<LoginScene> {
  const folder = mkdtempSync(join(tmpdir(), 'login-'));
  const source = join(folder, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'notebook.py'), '# Databricks notebook source\n');
  const entra = await startEntra({ lifetimeSeconds });
  const issuer = await createIdTokenIssuer();
  const certificate = createCertificate();
  const workspace = await startWorkspace({ clusterStartMs: 0, ...options });
  const imds = await startImds(entra, {
    system: { clientId: principals.systemIdentity },
    user: [{ clientId: principals.userIdentity }],
  });
  const management = await startManagement(entra, [{ resourceId, workspaceUrl: workspaceName }]);
  const parts = { workspace, entra, imds, management, issuer, certificate, folder };
  introduce(parts, lifetimeSeconds);
  const tokenHeads = await headsOfTokens(parts);
  const forget = (): void => {
    for (const { requests, faults } of [entra, imds, management, issuer]) {
      requests.length = 0;
      faults.length = 0;
    }
    workspace.clearRequests();
    workspace.clearFaults();
  };
  const run: LoginScene['run'] = (steps, way, given = {}) =>
    runSteps(steps, way, given, parts, tokenHeads);
  return {
    ...parts,
    run,
    signIn: (way) => {
      const inputs = { sourceFolder: source, targetFolder: '/Shared/app', dryRun: 'true' };
      const step = taskStep('ImportNotebooks', { ...inputs, ...way.inputs }, { name: 'step' });
      return run(step, way);
    },
    asked: () => describeAsked(parts),
    forget,
    async close() {
      await Promise.all([workspace, entra, imds, management].map((server) => server.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Parts = Omit<LoginScene, 'signIn' | 'run' | 'asked' | 'forget' | 'close'>;

/** Lets Entra and the workspace know the principals. */
function introduce(
  { entra, issuer, certificate, workspace }: Parts,
  tokenLifetimeSeconds: number,
): void {
  const trusted = { ...issuer.identify({ connection: azureConnection }), jwks: issuer.jwks };
  const proofs = {
    secrets: [clientSecret],
    expiredSecrets: [expiredSecret],
    certificates: [certificate.certificatePem],
    federatedCredentials: [trusted],
  };
  for (const clientId of [principals.entra, principals.contributor, principals.stranger])
    entra.setApplication({ clientId, ...proofs });
  const owners = [{ connection: databricksConnection }, { pipeline: pipelineName }] as const;
  const policies = owners.map((owner) => {
    const { audience, ...rest } = issuer.identify(owner);
    return { ...rest, audiences: [audience], jwks: issuer.jwks };
  });
  workspace.configureIdentity({
    tokenLifetimeSeconds,
    servicePrincipals: [
      { applicationId: principals.databricks, secrets: [oauthSecret], policies },
      ...[principals.entra, principals.systemIdentity, principals.userIdentity].map(
        (applicationId) => ({ applicationId }),
      ),
    ],
    entra: {
      tenantId: entra.tenantId,
      jwks: entra.jwks,
      resourceId,
      contributors: [principals.contributor, principals.userIdentity],
      minimumLifeSeconds: 0,
    },
  });
}

/** How the tokens of each issuer begin: where this is found, a token is. */
async function headsOfTokens({ entra, issuer }: Parts): Promise<readonly string[]> {
  const ofWorkspace = JSON.stringify({ alg: 'HS256', typ: 'JWT' });
  const tokens = [
    await entra.issueToken({ clientId: principals.entra }, DATABRICKS_RESOURCE),
    await issuer.sign({ pipeline: pipelineName }, {}),
    Buffer.from(ofWorkspace).toString('base64url'),
  ];
  return tokens.map((token) => token.split('.')[0] ?? '');
}

async function runSteps(
  steps: string,
  way: Way,
  given: Partial<PipelineOptions>,
  { workspace, entra, imds, management, issuer, folder, certificate }: Parts,
  tokenHeads: readonly string[],
): Promise<LoginOutcome> {
  const workspacePort = Number(new URL(workspace.url).port);
  const ports: Readonly<Record<string, number>> = {
    'login.microsoftonline.com': entra.port,
    'login.microsoftonline.us': entra.port,
    '169.254.169.254': imds.port,
    'management.azure.com': management.port,
    [workspaceName]: workspacePort,
    [governmentName]: workspacePort,
    ...way.redirects,
  };
  const clock = way.speed === undefined ? undefined : fastClock(way.speed);
  const tap = tapProcesses({
    REDIRECT_HOSTS: Object.entries(ports)
      .map((pair) => pair.join('='))
      .join(),
    ...clock,
    ...way.env,
    NODE_OPTIONS: `--require=${join(__dirname, 'redirect-hosts.cjs')} ${clock?.['NODE_OPTIONS'] ?? ''}`,
  });
  const shown: string[] = [];
  const options: PipelineOptions = {
    file: join(folder, `${pipelineName}.yml`),
    text: `steps:\n- checkout: none\n${steps}`,
    sources: folder,
    tasksDir: packedTasks,
    variables: { variables: toVariables(way.variables ?? {}) },
    connections: { connections: way.connections ?? [] },
    identity: { issuer },
    ...given,
    env: tap.env,
    verbose: true,
    out: (line) => shown.push(line),
  };
  try {
    const result = await runPipeline(options);
    const [, ...keyLines] = certificate.privateKeyPem.split('\n');
    const secrets = [...tokenHeads, ...keyLines.slice(0, 2), ...secretsIn(options)];
    tap.assertNoSecrets(shown.join('\n'), result, secrets);
    return toOutcome(result, shown);
  } finally {
    tap.remove();
  }
}

function toVariables(texts: Texts): Record<string, string | { value: string; secret: true }> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, value]) => [
      name,
      /(SECRET|TOKEN|PASSWORD)$/i.test(name) ? { value, secret: true } : value,
    ]),
  );
}

function toOutcome(result: PipelineResult, shown: readonly string[]): LoginOutcome {
  const all = result.stages.flatMap(({ jobs }) => jobs).flatMap((job) => job.steps);
  const step = all.find(({ name, part }) => name === 'step' && part === 'main');
  if (step === undefined) throw new Error(`no step "step" in:\n${shown.join('\n')}`);
  const issues = (type: string): string[] =>
    step.issues.filter((issue) => issue.type === type).map(({ message }) => message);
  const log = step.log.filter((line) => !line.startsWith('##[debug]'));
  return {
    ...step,
    log,
    errors: issues('error'),
    warnings: issues('warning'),
    signedIn: log.find((line) => line.startsWith('Workspace ')),
  };
}

const resourceNames: Readonly<Record<string, string>> = {
  [DATABRICKS_RESOURCE]: 'Databricks',
  'https://management.core.windows.net/': 'management',
};

function describeAsked({ entra, imds, management, issuer, workspace }: Parts): readonly string[] {
  const resource = (text: string | null | undefined): string =>
    resourceNames[text?.replace(/\/\.default$/, '') ?? ''] ?? String(text);
  return [
    ...issuer.requests.map(
      ({ connectionId, status }) =>
        `ID token of the ${connectionId === undefined ? 'pipeline' : 'connection'} → ${status}`,
    ),
    ...entra.requests.map(({ body, status }) => {
      const form = new URLSearchParams(body);
      return `Entra: token for ${resource(form.get('scope'))} by ${describeProof(form)} → ${status}`;
    }),
    ...imds.requests.map(
      ({ query, status }) =>
        `IMDS: token for ${resource(query.get('resource'))} of ${query.get('client_id') ?? 'the machine'} → ${status}`,
    ),
    ...management.requests.map(({ method, path, status }) => `${method} ${path} → ${status}`),
    ...workspace
      .requests()
      .filter(({ path }) => path.startsWith('/oidc/v1/'))
      .map(({ body, status }) => {
        const grant = String((body as Texts)['grant_type'])
          .split(':')
          .at(-1);
        return `workspace: token by ${grant} → ${status}`;
      }),
  ].sort();
}

function describeProof(form: URLSearchParams): string {
  if (form.has('client_secret')) return 'secret';
  const [header = ''] = (form.get('client_assertion') ?? '').split('.');
  const text = Buffer.from(header, 'base64url').toString();
  return text.includes('x5t') ? 'certificate' : 'ID token';
}
