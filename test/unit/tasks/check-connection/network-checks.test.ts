import assert from 'node:assert/strict';
import type { NetworkProbes } from '../../../../tasks/CheckConnection/network-probes';
import { networkError } from '../../../helpers/stub-api';
import { aCheck, type CheckOptions, goodHandshake, rowsOfFailure } from './a-check';

const proxyUrl = 'http://user:pa%20ss@proxy.test:3128';

/** The rows of DNS, proxy and TLS, with their remedies. */
function networkRows(rows: readonly string[]): string[] {
  const start = rows.findIndex((row) => row.startsWith('DNS |'));
  const end = rows.findIndex((row) => row.startsWith('Login |'));
  return rows.slice(start, end);
}

async function failingRows(options: CheckOptions): Promise<string[]> {
  return networkRows(await rowsOfFailure(aCheck(options)));
}

function withFault(fault: string): Partial<NetworkProbes> {
  const seen = { ...goodHandshake, issuer: 'ACME Root, ACME Ltd', fault };
  return { shakeHands: () => Promise.resolve(seen) };
}

describe('the checks of the network', () => {
  describe('DNS', () => {
    it('fails for a name that nobody knows, and leaves what needs it', async () => {
      const check = aCheck({ probes: { lookUp: () => Promise.reject(networkError('ENOTFOUND')) } });

      assert.deepEqual((await rowsOfFailure(check)).slice(2), [
        'DNS | failed | adb-7.test: the name could not be resolved (ENOTFOUND)',
        '-> What to do: Check the workspace URL for a typing error. If it is right, the DNS of the agent does not know it: a workspace with private endpoints needs the private DNS zone privatelink.azuredatabricks.net in the network of the agent, or the agent needs its proxy (--proxyurl).',
        'Proxy | not checked | the name could not be resolved',
        'TLS | not checked | the name could not be resolved',
        'Login | ok | a personal access token was given',
        'Identity | not checked | the workspace cannot be reached',
        'Workspace | not checked | the workspace cannot be reached',
        'Git credential | not checked | the workspace cannot be reached',
      ]);
      assert.deepEqual(check.api.calls(), []);
    });

    it('does not ask an unknown host for a token', async () => {
      const check = aCheck({
        inputs: { host: '', token: '' },
        variables: {
          DATABRICKS_HOST: 'https://adb-7.1.azuredatabricks.net',
          DATABRICKS_CLIENT_ID: 'app-1',
        },
        secrets: { DATABRICKS_CLIENT_SECRET: 'secret-1' },
        probes: { lookUp: () => Promise.reject(networkError('ENOTFOUND')) },
      });

      assert.ok(
        (await rowsOfFailure(check)).includes(
          'Login | not checked | the workspace, which gives the token, cannot be reached',
        ),
      );
      assert.deepEqual(check.api.calls(), []);
    });

    it('is not needed where a proxy resolves the name', async () => {
      const check = aCheck({
        network: { proxyUrl },
        probes: { lookUp: () => Promise.reject(networkError('ENOTFOUND')) },
      });

      await check.run();

      assert.deepEqual(networkRows(check.rows()), [
        'DNS | not checked | the proxy resolves adb-7.test; the agent itself does not know it',
        'Proxy | ok | http://proxy.test:3128 opens a tunnel to adb-7.test:443',
        'TLS | ok | TLSv1.3, certificate issued by Public CA, valid until Jan  1 00:00:00 2027 GMT',
      ]);
      assert.deepEqual(check.asked, [
        `askProxy ${proxyUrl} adb-7.test:443`,
        `shakeHands adb-7.test:443 ${proxyUrl}`,
      ]);
    });

    for (const [addresses, found] of [
      [['10.1.2.3'], '10.1.2.3 (a private address, such as a private endpoint has)'],
      [
        ['172.16.0.1', 'fd00::1'],
        '172.16.0.1, fd00::1 (a private address, such as a private endpoint has)',
      ],
      [['172.32.0.1'], '172.32.0.1'],
      [['10.1.2.3', '203.0.113.1'], '10.1.2.3, 203.0.113.1'],
      [
        ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4', '1.1.1.5'],
        '1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4',
      ],
    ] as const) {
      it(`shows ${addresses.length} addresses from ${addresses[0]}`, async () => {
        const check = aCheck({ probes: { lookUp: () => Promise.resolve(addresses) } });

        await check.run();

        assert.equal(check.rows()[2], `DNS | ok | adb-7.test is ${found}`);
      });
    }

    it('has nothing to look up for an address, nor TLS to check on this machine', async () => {
      const check = aCheck({ inputs: { host: 'http://127.0.0.1:8080' } });

      await check.run();

      assert.deepEqual(networkRows(check.rows()), [
        'DNS | not checked | 127.0.0.1 is an address',
        'Proxy | ok | none for this host, the agent connects directly',
        'TLS | not checked | 127.0.0.1:8080 is on this machine and uses http',
      ]);
      assert.deepEqual(check.asked, ['reach 127.0.0.1:8080']);
    });
  });

  describe('the proxy', () => {
    const refusals = [
      [
        407,
        'Proxy Authentication Required',
        'The proxy wants another user name or password: configure the agent anew (--proxyusername, --proxypassword).',
      ],
      [
        403,
        'Forbidden',
        "Ask those who run the proxy to allow adb-7.test:443, or put the workspace on the agent's bypass list (.proxybypass) if it is reached directly.",
      ],
    ] as const;
    for (const [status, reason, remedy] of refusals) {
      it(`fails with its answer ${status}, without showing its password`, async () => {
        const rows = await failingRows({
          network: { proxyUrl },
          probes: { askProxy: () => Promise.resolve({ status, reason }) },
        });

        assert.deepEqual(rows.slice(1), [
          `Proxy | failed | the proxy http://proxy.test:3128 refuses a tunnel to adb-7.test:443 (HTTP ${status} ${reason})`,
          `-> What to do: ${remedy}`,
          'TLS | not checked | the proxy lets nothing through',
        ]);
      });
    }

    it('fails when it cannot be reached', async () => {
      const rows = await failingRows({
        network: { proxyUrl },
        probes: { askProxy: () => Promise.reject(networkError('ECONNREFUSED')) },
      });

      assert.deepEqual(rows.slice(1, 3), [
        'Proxy | failed | the proxy http://proxy.test:3128 cannot be used: the connection was refused (ECONNREFUSED)',
        '-> What to do: Check the proxy with which the agent is configured (--proxyurl, or the file .proxy), or put the workspace on its bypass list (.proxybypass) if it is reached directly.',
      ]);
    });

    it('is only reached for a host without TLS', async () => {
      const check = aCheck({
        inputs: { host: 'http://localhost:8080' },
        network: { proxyUrl: 'http://proxy.test' },
      });

      await check.run();

      assert.equal(check.rows()[3], 'Proxy | ok | http://proxy.test can be reached');
      assert.deepEqual(check.asked, ['lookUp localhost', 'reach proxy.test:80']);
    });
  });

  describe('TLS', () => {
    const now = '2026-01-05T08:00:00.000Z';
    const shown = 'the certificate of adb-7.test:443, issued by ACME Root, ACME Ltd';
    const faults = [
      [
        'SELF_SIGNED_CERT_IN_CHAIN',
        `${shown}, is not trusted (SELF_SIGNED_CERT_IN_CHAIN)`,
        'If ACME Root, ACME Ltd is not a public authority, a proxy or firewall inspects TLS, or the endpoint has a certificate of your own: configure the agent with the root certificate of that authority (--sslcacert).',
      ],
      [
        'CERT_NOT_YET_VALID',
        `${shown}, is valid from Jan  1 00:00:00 2026 GMT to Jan  1 00:00:00 2027 GMT, but the clock of the agent says ${now} (CERT_NOT_YET_VALID)`,
        'Correct the clock of the agent. If it is right, whoever issues the certificate must renew it.',
      ],
      [
        'ERR_TLS_CERT_ALTNAME_INVALID',
        `${shown}, is for another name (ERR_TLS_CERT_ALTNAME_INVALID)`,
        'Another server answers under this name. Check the workspace URL, and what the DNS of the agent says about it.',
      ],
    ] as const;
    for (const [fault, found, remedy] of faults) {
      it(`fails with ${fault}`, async () => {
        const check = aCheck({ probes: withFault(fault) });

        const rows = await rowsOfFailure(check);

        assert.deepEqual(networkRows(rows).slice(2), [
          `TLS | failed | ${found}`,
          `-> What to do: ${remedy}`,
        ]);
        assert.ok(rows.includes('Identity | not checked | the workspace cannot be reached'));
        assert.deepEqual(check.api.calls(), []);
      });
    }

    it('fails when nobody answers', async () => {
      const timeout = Object.assign(new Error('timed out'), { name: 'TimeoutError' });
      const rows = await failingRows({ probes: { shakeHands: () => Promise.reject(timeout) } });

      assert.deepEqual(rows.slice(2), [
        'TLS | failed | adb-7.test:443: the connection timed out (ETIMEDOUT)',
        '-> What to do: Check the network, the proxy and the firewall between the agent and the workspace; a workspace with private link needs an agent inside its network.',
      ]);
    });

    it('fails when nobody listens on this machine', async () => {
      const rows = await failingRows({
        inputs: { host: 'http://127.0.0.1:8080' },
        probes: { reach: () => Promise.reject(networkError('ECONNREFUSED')) },
      });

      assert.equal(
        rows[2],
        'TLS | failed | 127.0.0.1:8080: the connection was refused (ECONNREFUSED)',
      );
    });

    it('fails when a certificate of the agent cannot be read', async () => {
      const rows = await failingRows({ network: { caFiles: ['/nowhere/ca.pem'] } });

      assert.deepEqual(rows.slice(2), [
        'TLS | failed | The file "/nowhere/ca.pem" with certificates of the agent cannot be read (ENOENT)',
        '-> What to do: Correct the certificates with which the agent is configured (--sslcacert, --sslclientcert, --sslclientcertkey).',
      ]);
    });
  });
});
