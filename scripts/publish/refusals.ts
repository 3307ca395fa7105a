import { PackagingError } from '../package/packaging-error';

/** What a service, or tfx on its behalf, said instead of yes. */
export interface Answer {
  /** Undefined where only the text is known. */
  readonly status?: number | undefined;
  readonly text: string;
  /** The text is what these scripts found out, not what a service said. */
  readonly isOwn?: true;
}

/** What was attempted, as the advice names it. */
export interface Attempt {
  /** A gerund: `Publishing me.copy 0.1.0`. */
  readonly what: string;
  readonly serviceUrl: string;
  readonly publisher: string;
  readonly id: string;
  readonly version: string;
  /** Version that the Marketplace has, if that is known. */
  readonly published?: string;
  /** Extension that has brought a task, if that is known. */
  readonly extension?: string;
}

interface Rule {
  readonly kind: string;
  readonly matches: RegExp;
  readonly statuses?: readonly number[];
  /** Every further request would be refused, too. */
  readonly isHopeless?: true;
  readonly meaning: (attempt: Attempt) => string;
  readonly remedy: (attempt: Attempt) => string;
}

/** Where extensions of Azure DevOps Services are published. */
export const publicMarketplace = 'https://marketplace.visualstudio.com';
/** Command that shows how far the validation is. */
export function lookAgain({
  publisher,
  id,
  serviceUrl,
}: Pick<Attempt, 'publisher' | 'id' | 'serviceUrl'>): string {
  const service = serviceUrl === publicMarketplace ? '' : ` --service-url ${serviceUrl}`;
  return `npm run publish -- --status --publisher ${publisher} --id ${id}${service}`;
}
/** Files that carry the version of a release. */
export const versionFiles =
  'package.json, vss-extension.json, and (Minor and Patch) each tasks/*/task.json';

const connectionRules: readonly Rule[] = [
  {
    kind: 'network',
    isHopeless: true,
    matches:
      /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b|socket hang up|request timeout|tunneling socket/i,
    meaning: ({ serviceUrl }) => `${serviceUrl} cannot be reached`,
    remedy: () =>
      'Check the address and the network. Behind a proxy, set HTTPS_PROXY (in capitals) to its address, and NO_PROXY for what needs none.',
  },
  {
    kind: 'certificate',
    isHopeless: true,
    matches: /certificate|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/i,
    meaning: ({ serviceUrl }) => `the certificate of ${serviceUrl} is not trusted`,
    remedy: () =>
      'Often a company proxy opens the connection: set NODE_EXTRA_CA_CERTS to the file with its root certificate.',
  },
];

const publishRules: readonly Rule[] = [
  ...connectionRules,
  {
    kind: 'lost',
    matches: /^tfx reported success/,
    meaning: ({ version }) =>
      `tfx reported success, but the Marketplace does not list version ${version}`,
    remedy: (attempt) =>
      `Look again in a minute with ${lookAgain(attempt)}. If it stays away, check that ${attempt.serviceUrl} is a Marketplace and that the owner of the token is a member of the publisher "${attempt.publisher}".`,
  },
  {
    kind: 'pending',
    matches: /Validation is taking much longer/i,
    meaning: () => 'the version is there, but is not validated yet',
    remedy: (attempt) =>
      `Do not publish it again; it can be installed as soon as it is validated. Look again with ${lookAgain(attempt)}.`,
  },
  {
    kind: 'validation',
    matches: /Extension validation failed/i,
    meaning: () => 'the Marketplace took the version, then found it wrong',
    remedy: () =>
      `Mend what it names, raise the version (in ${versionFiles}; this one is used up), and publish again.`,
  },
  {
    kind: 'version',
    matches: /Version number must increase|version\b[^.]*\balready exists/i,
    meaning: ({ version, published }) =>
      `version ${version} is not newer than ${published ?? 'what is published'}`,
    remedy: () => `Raise the version in ${versionFiles}.`,
  },
  {
    kind: 'visibility',
    matches: /public can'?t be changed to private/i,
    meaning: () => 'the extension is public already',
    remedy: () =>
      'It cannot become private again: set "public": true in vss-extension.json, or publish under another --id.',
  },
  {
    kind: 'verification',
    matches: /\bverif(y|ied|ication)\b.*\bpubli(c|sher)\b|\bpubli(c|sher)\b.*\bverif(y|ied)\b/i,
    meaning: () => 'only verified publishers may have public extensions',
    remedy: ({ publisher }) =>
      `Take "public" and "galleryFlags" out of vss-extension.json to publish privately, or have the publisher verified: ${publicMarketplace}/manage/publishers/${publisher}.`,
  },
  {
    kind: 'token',
    isHopeless: true,
    matches:
      /\b401\b|not authori[sz]ed|TF400813|TF30063|Failed to find api location|<html|<!doctype/i,
    statuses: [401, 203, 302],
    meaning: () => 'the token was not accepted',
    remedy: ({ serviceUrl }) =>
      `It is wrong, expired or revoked, or lacks the scope Marketplace (Publish): get a new one as docs/publishing.md says (global tokens, for "All accessible organizations", end on 1 December 2026). If the token is right, check the address ${serviceUrl}.`,
  },
  {
    kind: 'publisher',
    matches: /Creating a publisher|publisher\b.*\b(does not exist|not found|could not be found)/i,
    meaning: ({ publisher }) => `there is no publisher "${publisher}"`,
    remedy: ({ publisher }) =>
      `Create it at ${publicMarketplace}/manage with exactly the ID "${publisher}", signed in as the owner of the token; or give the right one with --publisher.`,
  },
  {
    kind: 'permission',
    isHopeless: true,
    matches: /\b403\b|forbidden|access denied|needs the following permission/i,
    statuses: [403],
    meaning: ({ publisher }) => `the owner of the token may not do that for "${publisher}"`,
    remedy: ({ publisher }) =>
      `Either there is no such publisher, or that person is not a Contributor of it: see ${publicMarketplace}/manage/publishers/${publisher} (Members). The token needs the scope Marketplace (Publish), to take something back Marketplace (Manage).`,
  },
  {
    kind: 'size',
    matches: /\b413\b|too large|exceeds|maximum\b.*\bsize|malformed|corrupt/i,
    statuses: [413],
    meaning: () => 'the package was not taken as a whole',
    remedy: () =>
      'It is too large, or something on the way cut it off: see its size with npm run package, and try without the proxy.',
  },
  {
    kind: 'taken',
    matches: /already exists/i,
    statuses: [409],
    meaning: ({ publisher, id }) => `the name of ${publisher}.${id} is taken`,
    remedy: () =>
      'Choose another --id, or another name in vss-extension.json; if the extension is your own, write publisher and id exactly as in its address.',
  },
  {
    kind: 'missing',
    matches: /\b404\b|reading 'versions'|Extension not published|not found|does not exist/i,
    statuses: [404],
    meaning: () => 'the Marketplace answered that there is no such thing',
    remedy: ({ publisher, id, serviceUrl }) =>
      `Check that the publisher "${publisher}" and the id "${id}" are right and that ${serviceUrl} is a Marketplace.`,
  },
  {
    kind: 'outage',
    matches: /\b(500|502|503|504)\b|TF400898|internal (server )?error|service unavailable/i,
    statuses: [500, 502, 503, 504],
    meaning: () => 'the Marketplace has a problem of its own',
    remedy: (attempt) =>
      `See what it has with ${lookAgain(attempt)}, try again later, and look at https://status.dev.azure.com.`,
  },
];

const uploadRules: readonly Rule[] = [
  ...connectionRules,
  {
    kind: 'lost',
    matches: /^tfx reported success/,
    meaning: () =>
      'tfx reported success, but the list of tasks of the organisation has not changed',
    remedy: ({ serviceUrl }) =>
      `Check that ${serviceUrl} is the organisation you mean, and look again with --dry-run.`,
  },
  {
    kind: 'extension',
    matches: /already exists for contribution/i,
    meaning: ({ extension }) =>
      `the task is there as part of ${extension ? `the extension ${extension}` : 'an extension'}`,
    remedy: () =>
      'Uninstall the extension from the organisation first (Organization settings, Extensions), or upload a copy with its own ids: --publisher me --id my-copy.',
  },
  {
    kind: 'version',
    matches: /already exists/i,
    statuses: [409],
    meaning: ({ version }) => `the organisation has version ${version} of the task`,
    remedy: () =>
      'Upload with --overwrite (agents that ran this version keep what they have), or raise Minor or Patch in task.json; if the service refuses --overwrite, too, run once with --delete.',
  },
  {
    kind: 'task',
    matches: /Invalid task json|task\.json/i,
    meaning: () => 'tfx found the task.json wrong',
    remedy: () => 'Run npm run check.',
  },
  {
    kind: 'token',
    isHopeless: true,
    matches:
      /\b401\b|not authori[sz]ed|TF400813|TF30063|Failed to find api location|<html|<!doctype/i,
    statuses: [401, 203, 302],
    meaning: () => 'the token was not accepted',
    remedy: ({ serviceUrl }) =>
      `It is wrong, expired or revoked, belongs to another organisation, or lacks the scope Agent Pools (Read & manage). If it is right, check the address ${serviceUrl}.`,
  },
  {
    kind: 'permission',
    isHopeless: true,
    matches: /\b403\b|forbidden|access denied|needs Manage/i,
    statuses: [403],
    meaning: () => 'the owner of the token may not manage tasks',
    remedy: () =>
      'Somebody who may has to make that person Administrator of all pools: Organization settings, Agent pools, Security. On a server it may take a Project Collection Administrator. The token needs the scope Agent Pools (Read & manage).',
  },
  {
    kind: 'missing',
    matches: /\b404\b|No task found|not found|does not exist/i,
    statuses: [404],
    meaning: () => 'the organisation answered that there is no such thing',
    remedy: ({ serviceUrl }) => `Check the address ${serviceUrl}, and what is there: --dry-run.`,
  },
];

/** The error for a refusal of the Marketplace: what it means, what to do, and the service's own words. */
export function explainRefusal(attempt: Attempt, answer: Answer): RefusalError {
  return explain(publishRules, attempt, answer, 'The Marketplace');
}

/** The same for an organisation that tasks are uploaded to. */
export function explainUploadRefusal(attempt: Attempt, answer: Answer): RefusalError {
  return explain(uploadRules, attempt, answer, 'Azure DevOps');
}

/** A refusal with its explanation. */
export class RefusalError extends PackagingError {
  /** What it is, for code: `token`, `version`, `unknown`. */
  readonly kind: string;
  /** Whether every further request would be refused, too. */
  readonly isHopeless: boolean;
  constructor(rule: Pick<Rule, 'kind' | 'isHopeless'>, what: string, hint: string) {
    super(what, hint);
    this.kind = rule.kind;
    this.isHopeless = rule.isHopeless === true;
  }
}

function explain(
  rules: readonly Rule[],
  attempt: Attempt,
  answer: Answer,
  who: string,
): RefusalError {
  const rule =
    // The text says more than a status that many causes share.
    rules.find(({ matches, statuses }) => !statuses && matches.test(answer.text)) ??
    rules.find(({ statuses }) => statuses?.includes(answer.status ?? 0)) ??
    rules.find(({ matches }) => matches.test(answer.text));
  const speaker = rule !== undefined && connectionRules.includes(rule) ? 'The connection' : who;
  const words = answer.isOwn ? '' : `${speaker} said: "${quote(answer)}".`;
  if (rule === undefined)
    return new RefusalError(
      { kind: 'unknown' },
      `${attempt.what} failed`,
      `${words} docs/publishing.md lists the refusals that are known.`,
    );
  return new RefusalError(
    rule,
    `${attempt.what} failed: ${rule.meaning(attempt)}`,
    `${rule.remedy(attempt)} ${words}`.trimEnd(),
  );
}

/** The words that matter, on one line, without markup and control characters. */
function quote({ status, text }: Answer): string {
  const errors = /^error:[\s\S]*/m.exec(text)?.[0] ?? text;
  const title = /<title>([^<]*)/i.exec(errors)?.[1];
  const plain = (title === undefined ? errors : `a web page, "${title.trim()}"`)
    .replace(/^(error:\s*)+(Error:\s*)?/i, '')
    .replace(/<[^>]*>/g, ' ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  const cut = plain.length > 600 ? `${plain.slice(0, 600)}…` : plain || 'nothing';
  return status === undefined ? cut : `HTTP ${status}, ${cut}`;
}

/** What an error of azure-devops-node-api, or of the network below it, says. */
export function toAnswer(error: unknown): Answer {
  if (!(error instanceof Error)) return { text: String(error) };
  const details = error as Error & { statusCode?: unknown; code?: unknown };
  const causes = error instanceof AggregateError ? error.errors : [];
  return {
    status: typeof details.statusCode === 'number' ? details.statusCode : undefined,
    text: [details.code, error.message, ...causes.map((cause) => toAnswer(cause).text)]
      .filter((part) => typeof part === 'string' && part !== '')
      .join(' '),
  };
}
