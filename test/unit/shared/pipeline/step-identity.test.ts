import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  computeIdempotencyToken,
  computeStepIdentity,
} from '../../../../shared/pipeline/step-identity';

const variables: Record<string, string> = {
  'System.CollectionUri': 'https://dev.azure.com/acme/',
  'System.PlanId': 'plan-1',
  'System.StageName': 'Test',
  'System.StageAttempt': '1',
  'System.PhaseName': 'Job',
  'System.JobName': 'linux',
  'System.JobId': 'job-1',
  'System.JobAttempt': '1',
  'System.TaskInstanceId': 'step-1',
  'Release.DeploymentId': '5',
  'Release.AttemptNumber': '1',
};

function identityOf(values: Record<string, string | undefined>) {
  return computeStepIdentity((name) => values[name]);
}

describe('computeStepIdentity', () => {
  it('is the same for every try of a step', () => {
    const identity = identityOf({ ...variables, 'Build.BuildNumber': '1' });

    assert.deepEqual(identityOf({ ...variables, 'Build.BuildNumber': '2' }), identity);
    assert.match(identity.hash, /^[0-9a-f]{64}$/);
    assert.equal(identity.taskInstanceId, 'step-1');
    assert.equal(identity.isStable, true);
  });

  it('is the SHA-256 of the JSON list of the variables, whatever the version of this extension', () => {
    assert.equal(
      identityOf(variables).hash,
      'a97b5c65e5f8103c11a75f082d58bdac1b8c356fd171d614263681b37f13346a',
    );
  });

  for (const name of Object.keys(variables)) {
    it(`is another for another ${name}`, () => {
      assert.notEqual(identityOf({ ...variables, [name]: 'x' }).hash, identityOf(variables).hash);
    });
  }

  it('takes a missing variable for an empty one', () => {
    assert.equal(
      identityOf({ ...variables, 'Release.DeploymentId': undefined }).hash,
      identityOf({ ...variables, 'Release.DeploymentId': '' }).hash,
    );
  });

  it('does not take the end of one variable for the beginning of the next', () => {
    assert.notEqual(
      identityOf({ ...variables, 'System.StageName': 'a', 'System.StageAttempt': '11' }).hash,
      identityOf({ ...variables, 'System.StageName': 'a1', 'System.StageAttempt': '1' }).hash,
    );
  });

  for (const name of ['System.PlanId', 'System.TaskInstanceId']) {
    it(`is a new one each time without ${name}`, () => {
      const incomplete = { ...variables, [name]: undefined };

      assert.equal(identityOf(incomplete).isStable, false);
      assert.notEqual(identityOf(incomplete).hash, identityOf(incomplete).hash);
    });
  }
});

describe('computeIdempotencyToken', () => {
  const identity = identityOf(variables);
  const inputs = { notebookPath: '/a', compute: 'serverless' };

  it('has the 64 characters that the service allows', () => {
    fc.assert(
      fc.property(fc.nat(), fc.dictionary(fc.string(), fc.string()), (number, values) => {
        assert.match(computeIdempotencyToken(identity, number, values), /^[0-9a-f]{64}$/);
      }),
      { numRuns: 20 },
    );
  });

  it('is the SHA-256 of a JSON list, whatever the version of this extension', () => {
    // Of ["<hash of the identity>","0","[[\"compute\",\"serverless\"],[\"notebookPath\",\"/a\"]]"].
    assert.equal(
      computeIdempotencyToken(identity, 0, inputs),
      '06dfc0deb879cbfd607d998dcd24958eae115417daec163dea8917937a199371',
    );
  });

  it('is the same for the same submission, in whatever order the inputs come', () => {
    assert.equal(
      computeIdempotencyToken(identity, 0, inputs),
      computeIdempotencyToken(identity, 0, { compute: 'serverless', notebookPath: '/a' }),
    );
  });

  it('is another for another step, submission or input', () => {
    const other = identityOf({ ...variables, 'System.TaskInstanceId': 'step-2' });
    const tokens = [
      computeIdempotencyToken(identity, 0, inputs),
      computeIdempotencyToken(other, 0, inputs),
      computeIdempotencyToken(identity, 1, inputs),
      computeIdempotencyToken(identity, 0, { ...inputs, notebookPath: '/b' }),
      computeIdempotencyToken(identity, 0, { ...inputs, runName: '' }),
    ];

    assert.equal(new Set(tokens).size, tokens.length);
  });
});
