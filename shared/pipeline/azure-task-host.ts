// First of all: it must see the environment before azure-pipelines-task-lib does.
import './early-environment';
import { existsSync } from 'node:fs';
import * as tl from 'azure-pipelines-task-lib/task';
import type { AgentNetwork } from './connection/agent-network';
import { jobVariables, knownSecrets, toKey } from './early-environment';
import { type HarmlessOptions, maskSecrets, toHarmlessLine, toHarmlessText } from './harmless-text';
import type { ServiceConnection, TaskHost, TaskResult } from './task-host';

/** Longest text of one message; notebooks may raise errors of any size. */
const maxMessageLength = 8_000;
const maxGroupLineLength = 4_000;

/** Masking shorter values would only make the log unreadable. */
const shortestMaskedSecret = 3;

/** The same for data that later steps use: a short secret may be an ordinary word or number in it. */
const shortestSecretInData = 6;

/** Variables that the platform sets itself; older agents do not list all of them among the job's variables. */
const platformVariable = /^(agent|system|build|release|environment|pipeline)\./i;

// It would report a defect a second time, unmasked, and keep the process alive.
process.removeAllListeners('uncaughtException');

/** The real agent, through azure-pipelines-task-lib. The only module that knows that package. */
export function createAzureTaskHost(): TaskHost {
  return {
    getInput: (name) => tl.getInput(name) ?? '',
    getVariable,
    secretVariables: () => jobVariables.secrets,
    getServiceConnection,
    getNetwork,
    harmless: (text, maxLength) => toHarmlessText(text, harmlessOptions(maxLength)),
    withoutSecrets: (text) => maskSecrets(text, secretsWorthMasking(shortestSecretInData)),
    setSecret(value) {
      if (value.trim() === '') return;
      knownSecrets.add(value);
      const lines = value.split(/[\r\n]+/).map((line) => line.trim());
      for (const line of lines.filter(isWorthMasking)) tl.setSecret(line);
    },
    debug: (message) => tl.debug(toHarmlessText(message, harmlessOptions())),
    info: (message) => writeLine(toHarmlessLine(message, harmlessOptions())),
    warning: (message) => tl.warning(toHarmlessLine(message, harmlessOptions())),
    group(title, lines) {
      writeLine(`##[group]${toHarmlessLine(title, harmlessOptions())}`);
      const options = harmlessOptions(maxGroupLineLength);
      for (const line of lines) writeLine(toHarmlessText(line, options));
      writeLine('##[endgroup]');
    },
    setProgress: (percent, operation) =>
      tl.setProgress(percent, toHarmlessLine(operation, harmlessOptions())),
    setOutput(name, value, isDeclared) {
      // A declared output is one without being told; told so, it could not be set again by a retry of the step.
      tl.command(
        'task.setvariable',
        isDeclared ? { variable: name } : { variable: name, isoutput: 'true' },
        value,
      );
    },
    uploadSummary: (path) => tl.command('task.uploadsummary', {}, path),
    complete: (result, message) =>
      tl.setResult(taskResults[result], toHarmlessLine(message, harmlessOptions())),
  };
}

const taskResults: Record<TaskResult, tl.TaskResult> = {
  Succeeded: tl.TaskResult.Succeeded,
  SucceededWithIssues: tl.TaskResult.SucceededWithIssues,
  Failed: tl.TaskResult.Failed,
};

function getVariable(name: string): string | undefined {
  const key = toKey(name);
  const isKnown =
    platformVariable.test(name) ||
    jobVariables.publicKeys.has(key) ||
    jobVariables.secrets.some((secret) => toKey(secret.name) === key);
  return (isKnown && tl.getVariable(name)) || undefined;
}

function getServiceConnection(id: string): ServiceConnection | undefined {
  const scheme = tl.getEndpointAuthorizationScheme(id, true);
  const url = tl.getEndpointUrl(id, true);
  if (scheme === undefined && url === undefined) return undefined;
  return {
    url,
    scheme,
    parameter: (key) => tl.getEndpointAuthorizationParameter(id, key, true) || undefined,
    data: (key) => tl.getEndpointDataParameter(id, key, true) || undefined,
  };
}

function getNetwork(url: string): AgentNetwork {
  const certificates = tl.getHttpCertConfiguration();
  const extraCaFile = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  const caFiles = certificates?.caFile ? [certificates.caFile] : [];
  return {
    proxyUrl: proxyFor(url),
    // Naming certificates replaces those that Node was started with, so they are named again.
    caFiles: caFiles.length > 0 && existsSync(extraCaFile) ? [...caFiles, extraCaFile] : caFiles,
    clientCertificate:
      certificates?.certFile && certificates.keyFile
        ? {
            certFile: certificates.certFile,
            keyFile: certificates.keyFile,
            passphrase: certificates.passphrase || undefined,
          }
        : undefined,
  };
}

/** The task library puts user and password into the URL as they are; a slash or a percent sign would break it. */
function proxyFor(url: string): string | undefined {
  const proxy = tl.getHttpProxyConfiguration(url);
  if (!proxy) return undefined;
  const { proxyUrl, proxyUsername, proxyPassword = '' } = proxy;
  const { protocol, host } = new URL(proxyUrl);
  const login = proxyUsername
    ? `${encodeURIComponent(proxyUsername)}:${encodeURIComponent(proxyPassword)}@`
    : '';
  return `${protocol}//${login}${host}`;
}

function harmlessOptions(maxLength = maxMessageLength): HarmlessOptions {
  return { maxLength, secrets: secretsWorthMasking(shortestMaskedSecret) };
}

function secretsWorthMasking(shortest: number): string[] {
  const values = jobVariables.secrets.map(({ value }) => value.trim());
  return [...knownSecrets, ...values].filter((value) => value.length >= shortest);
}

function isWorthMasking(value: string): boolean {
  return value.length >= shortestMaskedSecret;
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
