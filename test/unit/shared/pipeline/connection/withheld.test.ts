import assert from 'node:assert/strict';
import { readConnectionInputs } from '../../../../../shared/pipeline/connection/connection-inputs';
import {
  hintOfMissingConnection,
  withheldFromForks,
} from '../../../../../shared/pipeline/connection/withheld';
import { InputReader } from '../../../../../shared/pipeline/inputs/input-reader';
import manifest from '../../../../../tasks/WaitForRun/task.json';
import { stubHost } from '../../../../helpers/stub-api';
import { aTaskContext } from '../../../../helpers/task-context';

const hint =
  "This run is for a pull request from a fork: Azure Pipelines withholds service connections and secret variables from it, unless \"Make secrets available to builds of forks\" is on in the triggers of the pipeline. Leave this step out for such runs with the condition ne(variables['System.PullRequest.IsFork'], 'True').";

function ofFork(inputs: Readonly<Record<string, string>>, variables = {}) {
  const { context, host } = aTaskContext({
    manifest,
    inputs,
    variables: { 'System.PullRequest.IsFork': 'True', ...variables },
  });
  return () => {
    const connection = readConnectionInputs(context.input, host);
    context.input.finish();
    return connection();
  };
}

describe('a run of a pull request from a fork', () => {
  it('has no service connection of Databricks', () => {
    assert.throws(ofFork({ databricksConnection: 'c-1' }), {
      name: 'ConnectionError',
      message: 'The service connection "c-1" was not handed to this step',
      hint,
    });
  });

  it('has no service connection of Azure', () => {
    assert.throws(ofFork({ azureSubscription: 'a-1', host: stubHost }), {
      name: 'ConnectionError',
      message: 'The service connection "a-1" was not handed to this step',
      hint,
    });
  });

  it('has no secret variables', () => {
    assert.throws(ofFork({}, { DATABRICKS_HOST: stubHost }), {
      name: 'InputError',
      message: `No workspace is given: the inputs of the connection are empty, and the job has no variable DATABRICKS_TOKEN. ${hint}`,
    });
  });

  it('has no secret variable for an input', () => {
    assert.throws(ofFork({ host: stubHost, token: '$(databricks-token)' }), {
      name: 'InputError',
      message: `Input 'token' names the variable "databricks-token", but no variable "databricks-token" is defined. ${hint}`,
    });
  });

  const principal = { DATABRICKS_HOST: stubHost, DATABRICKS_CLIENT_ID: 'app-1' };

  it('has no secret of a service principal', () => {
    assert.throws(ofFork({}, principal), {
      name: 'InputError',
      message: `The job has the variable DATABRICKS_CLIENT_ID, but not DATABRICKS_CLIENT_SECRET. ${hint}`,
    });
  });

  it('has no secret of a service principal under another name', () => {
    assert.throws(ofFork({}, { ...principal, DATABRICKS_CLIENT_SECRET: '$(my-secret)' }), {
      name: 'InputError',
      message: `Variable DATABRICKS_CLIENT_SECRET names the variable "my-secret", but no variable "my-secret" is defined. ${hint}`,
    });
  });

  it('has no secret variable within any input', () => {
    const input = new InputReader({
      manifest,
      getInput: () => '$(SECRET)',
      warning: () => undefined,
      undefinedRemedy: withheldFromForks,
    });
    input.text('runId');

    assert.throws(() => input.finish(), {
      name: 'InputError',
      message: `Input 'runId' contains $(SECRET), but no variable "SECRET" is defined. ${hint}`,
    });
  });

  it('is told from a pipeline that is not authorised', () => {
    const hintFor = (isFork: string): string =>
      hintOfMissingConnection({ getVariable: () => isFork });

    assert.equal(hintFor('True'), hint);
    assert.equal(
      hintFor('False'),
      'The pipeline may not use this service connection: authorise it in the project settings (Service connections, Security, Pipeline permissions).',
    );
  });
});
