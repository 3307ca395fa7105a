import assert from 'node:assert/strict';
import { PipelineRefusedError } from '../../../../local/agent';
import { run } from './helpers';

const who = { tenantid: 't-1', serviceprincipalid: 'app-1' };

async function problemsOf(connection: object): Promise<readonly string[]> {
  const connections = {
    connections: [{ name: 'arm', type: 'AzureRM', url: 'https://m/', ...connection }],
  };
  try {
    await run('steps:\n- checkout: none\n', { connections });
  } catch (error) {
    assert.ok(error instanceof PipelineRefusedError, String(error));
    return error.problems.map(({ message }) => message);
  }
  return [];
}

describe('a connection to Azure', () => {
  const complete: readonly [string, object][] = [
    ['ServicePrincipal', { ...who, serviceprincipalkey: 'key-1' }],
    ['ServicePrincipal', { ...who, authenticationType: 'spnKey', serviceprincipalkey: 'key-1' }],
    [
      'serviceprincipal',
      { ...who, authenticationtype: 'spnCertificate', servicePrincipalCertificate: 'pem' },
    ],
    ['ManagedServiceIdentity', { tenantid: 't-1' }],
    ['WorkloadIdentityFederation', who],
  ];
  for (const [scheme, parameters] of complete) {
    it(`of ${scheme} with ${Object.keys(parameters)} is complete`, async () => {
      assert.deepEqual(await problemsOf({ scheme, parameters }), []);
    });
  }

  const incomplete: readonly [string, object, string][] = [
    [
      'Token',
      {},
      '"scheme" of connection "arm" is "Token", an AzureRM connection has ServicePrincipal, ManagedServiceIdentity, WorkloadIdentityFederation or PublishProfile',
    ],
    [
      'ServicePrincipal',
      who,
      'Connection "arm" with the scheme ServicePrincipal needs the parameter "serviceprincipalkey"',
    ],
    [
      'ServicePrincipal',
      { ...who, authenticationType: 'spnCertificate', serviceprincipalkey: 'k' },
      'Connection "arm" with the scheme ServicePrincipal needs the parameter "serviceprincipalcertificate"',
    ],
    [
      'ServicePrincipal',
      { ...who, authenticationType: 'password' },
      '"authenticationType" of connection "arm" is "password", it is spnKey or spnCertificate',
    ],
    [
      'WorkloadIdentityFederation',
      { tenantid: 't-1' },
      'Connection "arm" with the scheme WorkloadIdentityFederation needs the parameter "serviceprincipalid"',
    ],
    [
      'ManagedServiceIdentity',
      {},
      'Connection "arm" with the scheme ManagedServiceIdentity needs the parameter "tenantid"',
    ],
  ];
  for (const [scheme, parameters, message] of incomplete) {
    it(`of ${scheme} with ${JSON.stringify(parameters)} is refused`, async () => {
      assert.deepEqual(await problemsOf({ scheme, parameters }), [message]);
    });
  }
});
