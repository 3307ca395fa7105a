import { hostname, userInfo } from 'node:os';
import { basename, dirname } from 'node:path';
import type { HostType } from './command-context';
import type { SourceFacts } from './git-facts';
import type { JobFolders } from './job-folders';
import { stableGuid } from './stable-guid';

/** Names and values of predefined variables. */
export type VariableTable = Readonly<Record<string, string>>;

/** Facts about the run that predefined variables tell. */
export interface RunFacts {
  readonly hostType: HostType;
  readonly planId: string;
  readonly startedAt: number;
  readonly definitionName: string;
  readonly sources: SourceFacts;
  readonly artifacts: readonly string[];
  readonly isDebug: boolean;
}

/** The organization and project that runs belong to. */
export const ORGANIZATION = 'local';
export const PROJECT = 'local';
export const PROJECT_ID = stableGuid('project');
/** Id of the organization. */
export const COLLECTION_ID = stableGuid('collection');

const COLLECTION = `https://dev.azure.com/${ORGANIZATION}/`;

/** Predefined variables that are the same in every job of the run. Reference 1.6, 12. */
export function runVariables(facts: RunFacts): VariableTable {
  const number = Math.floor(facts.startedAt / 1000) % 1_000_000;
  const common = {
    'System.CollectionUri': COLLECTION,
    'System.TeamFoundationCollectionUri': COLLECTION,
    'System.CollectionId': COLLECTION_ID,
    'System.TeamProject': PROJECT,
    'System.TeamProjectId': PROJECT_ID,
    'System.HostType': facts.hostType,
    'System.PlanId': facts.planId,
    'System.TimelineId': facts.planId,
    'System.DefinitionId': '1',
    'System.Culture': 'en-US',
    'System.ServerType': 'Hosted',
    'agent.readOnlyVariables': 'true',
    ...(facts.isDebug ? { 'System.Debug': 'true' } : {}),
  };
  return facts.hostType === 'release'
    ? { ...common, ...releaseVariables(facts, number) }
    : { ...common, ...buildVariables(facts, number) };
}

function buildVariables(
  { sources, startedAt, definitionName }: RunFacts,
  number: number,
): VariableTable {
  const date = new Date(startedAt).toISOString().slice(0, 10).replaceAll('-', '');
  return {
    'System.TeamFoundationServerUri': COLLECTION,
    'Build.BuildId': String(number),
    'Build.BuildNumber': `${date}.1`,
    'Build.BuildUri': `vstfs:///Build/Build/${number}`,
    'Build.ContainerId': '1',
    'Build.DefinitionName': definitionName,
    'Build.DefinitionVersion': '1',
    'Build.QueuedBy': userName(),
    'Build.Reason': 'Manual',
    'Build.RequestedFor': userName(),
    'Build.Repository.Clean': 'False',
    'Build.Repository.Id': stableGuid(`repository/${sources.uri}`),
    'Build.Repository.Name': sources.name,
    'Build.Repository.Provider': sources.provider,
    'Build.Repository.Uri': sources.uri,
    'Build.SourceBranch': sources.branch,
    'Build.SourceBranchName': sources.branch.split('/').at(-1) ?? sources.branch,
    'Build.SourceVersion': sources.commit,
    'Build.SourceVersionMessage': sources.message,
  };
}

function releaseVariables(facts: RunFacts, number: number): VariableTable {
  const [primary] = facts.artifacts;
  const aliases = facts.artifacts.map((alias) => [`Release.Artifacts.${alias}.Type`, 'Build']);
  return {
    'System.TeamFoundationServerUri': COLLECTION.replace('dev.azure', 'vsrm.dev.azure'),
    'Release.DefinitionName': facts.definitionName,
    'Release.DefinitionId': '1',
    'Release.ReleaseId': String(number),
    'Release.ReleaseName': `Release-${number}`,
    'Release.ReleaseUri': `vstfs:///ReleaseManagement/Release/${number}`,
    'Release.ReleaseWebURL': `${COLLECTION}${PROJECT}/_release?releaseId=${number}&_a=release-summary`,
    'Release.ReleaseDescription': '',
    'Release.Reason': 'Manual',
    'Release.RequestedFor': userName(),
    'Release.SkipArtifactsDownload': 'False',
    ...(primary === undefined ? {} : { 'Release.PrimaryArtifactSourceAlias': primary }),
    ...Object.fromEntries(aliases),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'local';
  }
}

/** Identity of a job; a hook of a deployment job is a job of its own. */
export interface JobIdentity {
  readonly stage: string;
  readonly stageAttempt: number;
  readonly job: string;
  readonly jobAttempt: number;
  readonly leg?: string;
  readonly hook?: string;
  readonly displayName: string;
}

/** GUID of a job: the same in every run and attempt, different for each stage, job, leg and hook. */
export function jobGuid({ stage, job, leg = '', hook = '' }: JobIdentity): string {
  return stableGuid(`job/${stage}/${job}/${leg}/${hook === 'deploy' ? '' : hook}`);
}

/** Predefined variables of a job: identity, agent and folders. Reference 1.6. */
export function jobVariables(
  hostType: HostType,
  identity: JobIdentity,
  folders: JobFolders,
  planId: string,
): VariableTable {
  const jobId = jobGuid(identity);
  const common = {
    'System.JobId': jobId,
    'System.JobDisplayName': identity.displayName,
    'System.DefaultWorkingDirectory': folders.defaultWorkingDirectory,
    'System.ArtifactsDirectory': folders.staging,
    ...agentVariables(folders, identity.displayName),
  };
  if (hostType === 'release') {
    return { ...common, ...releaseJobVariables(identity, folders, planId) };
  }
  const jobName = identity.leg ?? '__default';
  return {
    ...common,
    'System.StageName': identity.stage,
    'System.StageDisplayName': identity.stage,
    'System.StageAttempt': String(identity.stageAttempt),
    'System.PhaseName': identity.job,
    'System.PhaseDisplayName': identity.job,
    'System.PhaseAttempt': String(identity.jobAttempt),
    'System.JobName': jobName,
    'System.JobAttempt': String(identity.jobAttempt),
    'System.JobIdentifier': `${identity.job}.${jobName}`,
    'Pipeline.Workspace': folders.workspace,
    'Agent.BuildDirectory': folders.workspace,
    'Build.SourcesDirectory': folders.sources,
    'Build.Repository.LocalPath': folders.sources,
    'Build.ArtifactStagingDirectory': folders.staging,
    'Build.StagingDirectory': folders.staging,
    'Build.BinariesDirectory': folders.binaries,
    'Common.TestResultsDirectory': folders.testResults,
  };
}

function releaseJobVariables(
  identity: JobIdentity,
  folders: JobFolders,
  planId: string,
): VariableTable {
  const { stage, stageAttempt } = identity;
  const guid = stableGuid(`deployment/${planId}/${stage}/${stageAttempt}`);
  const deployment = Number.parseInt(guid.slice(0, 6), 16);
  return {
    'System.ArtifactsDirectory': folders.sources,
    'Agent.ReleaseDirectory': folders.sources,
    'Release.EnvironmentName': stage,
    'Release.EnvironmentId': String(
      Number.parseInt(stableGuid(`environment/${stage}`).slice(0, 6), 16),
    ),
    'Release.DefinitionEnvironmentId': '1',
    'Release.DeploymentId': String(deployment),
    'Release.DeployPhaseId': '1',
    'Release.AttemptNumber': String(stageAttempt),
  };
}

function agentVariables(folders: JobFolders, jobDisplayName: string): VariableTable {
  const architectures: Readonly<Record<string, string>> = {
    x64: 'X64',
    arm64: 'ARM64',
    arm: 'ARM',
  };
  const systems: Readonly<Record<string, string>> = { win32: 'Windows_NT', darwin: 'Darwin' };
  const home = dirname(folders.work);
  return {
    'Agent.Id': '1',
    'Agent.Name': 'local agent',
    'Agent.MachineName': hostname(),
    'Agent.OS': systems[process.platform] ?? 'Linux',
    'Agent.OSArchitecture': architectures[process.arch] ?? 'X64',
    'Agent.Version': '4.275.0',
    'Agent.HomeDirectory': home,
    'Agent.RootDirectory': folders.work,
    'Agent.WorkFolder': folders.work,
    'Agent.TempDirectory': folders.temp,
    'Agent.ToolsDirectory': folders.tools,
    'Agent.JobName': jobDisplayName,
    'Agent.JobStatus': 'Succeeded',
    'Agent.IsSelfHosted': '1',
    'Agent.CloudId': '',
    'Agent.ContainerMapping': '{}',
  };
}

/** Name of a definition made from its file: the file, or its folder when the file has the usual name. */
export function definitionNameOf(file: string): string {
  const name = basename(file).replace(/\.ya?ml$/i, '');
  return name === 'azure-pipelines' ? basename(dirname(file)) || name : name;
}

/** The variables that name the organization's address, for an organization that answers at another one. Reference 1.6. */
export function addressVariables(hostType: HostType, collectionUri: string): VariableTable {
  return {
    'System.CollectionUri': collectionUri,
    'System.TeamFoundationCollectionUri': collectionUri,
    ...(hostType === 'build' ? { 'System.TeamFoundationServerUri': collectionUri } : {}),
  };
}
