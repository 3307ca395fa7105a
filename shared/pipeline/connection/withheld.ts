import type { TaskHost } from '../task-host';

/** Whether this run is for a pull request from a fork, which anybody may have opened. */
export function isOfFork(host: Pick<TaskHost, 'getVariable'>): boolean {
  return host.getVariable('System.PullRequest.IsFork')?.toLowerCase() === 'true';
}

/** What to do about secrets and connections that such a run does not get. Docs: learn.microsoft.com, "Contributions from forks". */
export const withheldFromForks =
  "This run is for a pull request from a fork: Azure Pipelines withholds service connections and secret variables from it, unless \"Make secrets available to builds of forks\" is on in the triggers of the pipeline. Leave this step out for such runs with the condition ne(variables['System.PullRequest.IsFork'], 'True').";

/** What to do when Azure DevOps does not let the job use a service connection. */
export function hintOfMissingConnection(host: Pick<TaskHost, 'getVariable'>): string {
  if (isOfFork(host)) return withheldFromForks;
  return 'The pipeline may not use this service connection: authorise it in the project settings (Service connections, Security, Pipeline permissions).';
}
