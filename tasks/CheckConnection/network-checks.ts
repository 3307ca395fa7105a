import { isIP } from 'node:net';
import { ExpectedError, toTransportError } from '../../shared/databricks';
import { readCertificates } from '../../shared/pipeline/connection/agent-network';
import type { TaskContext } from '../../shared/pipeline/task-context';
import { CheckFailure, type CheckReport, type Finding, NotChecked } from './check-report';
import type { Handshake, NetworkProbes, Target } from './network-probes';

/** Longest time for one look at the network, in milliseconds. */
const timeoutMs = 10_000;

interface Place {
  readonly host: string;
  readonly target: Target;
  readonly proxyUrl: string | undefined;
  readonly probes: NetworkProbes;
  readonly context: TaskContext;
}

/** Checks the way to the host: name, proxy, certificate. Resolves to whether requests can get through. */
export async function checkNetwork(
  report: CheckReport,
  host: string,
  context: TaskContext,
  probes: NetworkProbes,
): Promise<boolean> {
  const place = { host, target: toTarget(host), context, probes, ...findProxy(host, context) };
  const { signal } = context;
  await report.check('DNS', () => checkDns(place), signal);
  if (report.hasFailed('DNS')) {
    for (const name of ['Proxy', 'TLS']) report.skip(name, 'the name could not be resolved');
    return false;
  }
  await report.check('Proxy', () => checkProxy(place), signal);
  if (report.hasFailed('Proxy')) {
    report.skip('TLS', 'the proxy lets nothing through');
    return false;
  }
  await report.check('TLS', () => checkTls(place), signal);
  return !report.hasFailed('TLS');
}

function toTarget(host: string): Target {
  const { hostname, port, protocol } = new URL(host);
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  };
}

function findProxy(host: string, { host: taskHost }: TaskContext) {
  return { proxyUrl: taskHost.getNetwork(host).proxyUrl };
}

async function checkDns(place: Place): Promise<Finding<true>> {
  const { hostname } = place.target;
  if (isIP(hostname) !== 0) throw new NotChecked(`${hostname} is an address`);
  const addresses = await look(place, (signal) => place.probes.lookUp(hostname, signal)).catch(
    (error: unknown) => {
      throw dnsFailure(error, place);
    },
  );
  const shown = addresses.slice(0, 4).join(', ');
  const isPrivate = addresses.length > 0 && addresses.every(isPrivateAddress);
  return {
    found: `${hostname} is ${shown}${isPrivate ? ' (a private address, such as a private endpoint has)' : ''}`,
    value: true,
  };
}

function dnsFailure(error: unknown, { target, proxyUrl, context }: Place): unknown {
  context.signal.throwIfAborted();
  if (proxyUrl !== undefined)
    return new NotChecked(
      `the proxy resolves ${target.hostname}; the agent itself does not know it`,
    );
  return new CheckFailure(toTransportError(error, target.hostname).message, {
    cause: error,
    hint: 'Check the workspace URL for a typing error. If it is right, the DNS of the agent does not know it: a workspace with private endpoints needs the private DNS zone privatelink.azuredatabricks.net in the network of the agent, or the agent needs its proxy (--proxyurl).',
  });
}

/** Networks of RFC 1918 and RFC 4193. */
function isPrivateAddress(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^f[cd][0-9a-f]{2}:/i.test(address);
}

async function checkProxy(place: Place): Promise<Finding<true>> {
  const { target, proxyUrl, host, probes } = place;
  if (proxyUrl === undefined)
    return { found: `none for this host, the agent connects directly`, value: true };
  const proxy = new URL(proxyUrl);
  const name = `${proxy.protocol}//${proxy.host}`;
  if (host.startsWith('http:')) {
    const port = Number(proxy.port) || 80;
    await throughProxy(place, name, (signal) =>
      probes.reach({ hostname: proxy.hostname, port }, signal),
    );
    return { found: `${name} can be reached`, value: true };
  }
  const { status, reason } = await throughProxy(place, name, (signal) =>
    probes.askProxy(proxyUrl, target, signal),
  );
  if (status < 200 || status > 299) throw proxyRefusal(name, status, reason, target);
  return { found: `${name} opens a tunnel to ${target.hostname}:${target.port}`, value: true };
}

async function throughProxy<T>(
  place: Place,
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await look(place, work);
  } catch (error) {
    place.context.signal.throwIfAborted();
    throw new CheckFailure(`the proxy ${name} cannot be used: ${words(error, name)}`, {
      cause: error,
      hint: 'Check the proxy with which the agent is configured (--proxyurl, or the file .proxy), or put the workspace on its bypass list (.proxybypass) if it is reached directly.',
    });
  }
}

function proxyRefusal(name: string, status: number, reason: string, target: Target): CheckFailure {
  const hint =
    status === 407
      ? 'The proxy wants another user name or password: configure the agent anew (--proxyusername, --proxypassword).'
      : `Ask those who run the proxy to allow ${target.hostname}:${target.port}, or put the workspace on the agent's bypass list (.proxybypass) if it is reached directly.`;
  return new CheckFailure(
    `the proxy ${name} refuses a tunnel to ${target.hostname}:${target.port} (HTTP ${status} ${reason})`.replace(
      ' )',
      ')',
    ),
    { hint },
  );
}

async function checkTls(place: Place): Promise<Finding<true>> {
  const { host, target, proxyUrl, probes, context } = place;
  const name = `${target.hostname}:${target.port}`;
  if (host.startsWith('http:')) {
    const reach = (signal: AbortSignal) => probes.reach(target, signal);
    if (proxyUrl === undefined)
      await look(place, reach).catch((error: unknown) => {
        throw connectFailure(error, place);
      });
    throw new NotChecked(`${name} is on this machine and uses http`);
  }
  const certificates = readCertificates(context.host.getNetwork(host));
  const seen = await look(place, (signal) =>
    probes.shakeHands({ target, proxyUrl, certificates }, signal),
  ).catch((error: unknown) => {
    throw connectFailure(error, place);
  });
  if (seen.fault !== undefined) throw certificateFailure(name, seen, seen.fault, context);
  return {
    found: `${seen.protocol}, certificate issued by ${seen.issuer}, valid until ${seen.validTo}`,
    value: true,
  };
}

function connectFailure(error: unknown, { target, context }: Place): unknown {
  context.signal.throwIfAborted();
  if (error instanceof ExpectedError) return error;
  const { message, hint } = toTransportError(error, `${target.hostname}:${target.port}`);
  return new CheckFailure(message, { cause: error, hint });
}

function certificateFailure(
  name: string,
  { issuer, validFrom, validTo }: Handshake,
  fault: string,
  { clock }: TaskContext,
): CheckFailure {
  const shown = `the certificate of ${name}, issued by ${issuer}`;
  if (fault === 'CERT_HAS_EXPIRED' || fault === 'CERT_NOT_YET_VALID') {
    return new CheckFailure(
      `${shown}, is valid from ${validFrom} to ${validTo}, but the clock of the agent says ${new Date(clock.now()).toISOString()} (${fault})`,
      {
        hint: 'Correct the clock of the agent. If it is right, whoever issues the certificate must renew it.',
      },
    );
  }
  if (fault === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new CheckFailure(`${shown}, is for another name (${fault})`, {
      hint: 'Another server answers under this name. Check the workspace URL, and what the DNS of the agent says about it.',
    });
  }
  return new CheckFailure(`${shown}, is not trusted (${fault})`, {
    hint: `If ${issuer} is not a public authority, a proxy or firewall inspects TLS, or the endpoint has a certificate of your own: configure the agent with the root certificate of that authority (--sslcacert).`,
  });
}

/** One look at the network with the time that it may take. */
function look<T>({ context }: Place, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return work(AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)])).catch(
    (error: unknown) => {
      if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
      throw Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), {
        code: 'ETIMEDOUT',
      });
    },
  );
}

function words(error: unknown, name: string): string {
  return toTransportError(error, name).message.replace(`${name}: `, '');
}
