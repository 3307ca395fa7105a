import type { RunContext } from '../run-context';
import {
  COLLECTION_ID,
  type JobIdentity,
  jobGuid,
  PROJECT_ID,
  type VariableTable,
} from '../system-variables';
import type { VariableStore } from '../variables';
import type { IdTokenJob } from './server';

/** System.OidcRequestUri, in runs that may ask for ID tokens. Reference 1.6. */
export function oidcVariables(
  { idTokens, hostType, planId }: RunContext,
  jobId: string,
): VariableTable {
  if (idTokens === undefined) return {};
  return { 'System.OidcRequestUri': idTokens.requestUri({ hub: hostType, planId, jobId }) };
}

/** Lets a job ask for ID tokens, in runs that may. Claims as in reference 2.6 of the Databricks API. */
export function openIdTokenJob(
  run: RunContext,
  identity: JobIdentity,
  variables: VariableStore,
): IdTokenJob | undefined {
  const get = (name: string): string => variables.get(name) ?? '';
  const isBuild = run.hostType === 'build';
  return run.idTokens?.openJob({
    hub: run.hostType,
    planId: run.planId,
    jobId: jobGuid(identity),
    jobPath: `${identity.stage}.${identity.job}.${identity.leg ?? '__default'}`,
    pipelineName: get(isBuild ? 'Build.DefinitionName' : 'Release.DefinitionName'),
    claims: {
      org_id: COLLECTION_ID,
      prj_id: PROJECT_ID,
      def_id: get('System.DefinitionId'),
      run_id: get(isBuild ? 'Build.BuildId' : 'Release.ReleaseId'),
      ...(isBuild && {
        rpo_id: get('Build.Repository.Id'),
        rpo_uri: get('Build.Repository.Uri'),
        rpo_ver: get('Build.SourceVersion'),
        rpo_ref: get('Build.SourceBranch'),
      }),
    },
  });
}
