import { type ParseArgsConfig, parseArgs } from 'node:util';
import { PackagingError } from '../package/packaging-error';
import { parseOrganizationName, parseOrganizationUrl, parseServiceUrl } from './names';

/** What both commands need to know about the package. */
export interface PackageOptions {
  readonly publisher: string | undefined;
  readonly id: string | undefined;
  /** An already packed VSIX, instead of packing one. */
  readonly vsix: string | undefined;
  readonly build: boolean;
  /** As given on the command line. */
  readonly token: string | undefined;
  readonly dryRun: boolean;
  readonly help: boolean;
}

export interface PublishOptions extends PackageOptions {
  /** Names of organisations. */
  readonly shareWith: readonly string[];
  readonly serviceUrl: string;
  /** Whether to wait until the Marketplace has validated it. */
  readonly wait: boolean;
  readonly linkCheck: boolean;
  /** Only look at what is published. */
  readonly status: boolean;
}

export interface UploadOptions extends PackageOptions {
  /** Address of an organisation or collection; empty if none was given. */
  readonly organization: string;
  /** Folders or names of tasks; empty for all. */
  readonly tasks: readonly string[];
  readonly overwrite: boolean;
  readonly remove: boolean;
}

const packageOptions = {
  publisher: { type: 'string' },
  id: { type: 'string' },
  vsix: { type: 'string' },
  build: { type: 'boolean', default: true },
  token: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsConfig['options'];

/** Reads the arguments of `npm run publish`. Throws PackagingError. */
export function parsePublishOptions(args: readonly string[]): PublishOptions {
  const values = parse(args, 'share-with', {
    ...packageOptions,
    'share-with': { type: 'string', multiple: true, default: [] },
    'service-url': { type: 'string', default: 'https://marketplace.visualstudio.com' },
    wait: { type: 'boolean', default: true },
    'link-check': { type: 'boolean', default: true },
    status: { type: 'boolean', default: false },
  });
  const url = parseServiceUrl(text(values['service-url']), '--service-url');
  const names = list(values['share-with']).map(parseOrganizationName);
  return {
    ...toPackageOptions(values),
    shareWith: [...new Map(names.map((name) => [name.toLowerCase(), name])).values()],
    serviceUrl: `${url.origin}${url.pathname.replace(/\/$/, '')}`,
    wait: values['wait'] === true,
    linkCheck: values['link-check'] === true,
    status: values['status'] === true,
  };
}

/** Reads the arguments of `npm run upload-tasks`. Throws PackagingError. */
export function parseUploadOptions(args: readonly string[]): UploadOptions {
  const values = parse(args, 'task', {
    ...packageOptions,
    organization: { type: 'string' },
    task: { type: 'string', multiple: true, default: [] },
    overwrite: { type: 'boolean', default: false },
    delete: { type: 'boolean', default: false },
  });
  const organization = text(values['organization']);
  const help = values['help'] === true;
  if (organization === '' && !help)
    throw new PackagingError(
      'It is not said which organisation the tasks go to',
      'Add --organization https://dev.azure.com/NAME.',
    );
  if (values['delete'] === true && values['overwrite'] === true)
    throw new PackagingError('--delete and --overwrite exclude each other', 'Give one of them.');
  return {
    ...toPackageOptions(values),
    organization: help ? organization : parseOrganizationUrl(organization),
    tasks: list(values['task']),
    overwrite: values['overwrite'] === true,
    remove: values['delete'] === true,
  };
}

type Values = Readonly<Record<string, unknown>>;

/** `list` takes several values after it, and values with commas. */
function parse(
  args: readonly string[],
  listOption: string,
  options: NonNullable<ParseArgsConfig['options']>,
): Values {
  const repeated: string[] = [];
  let inList = false;
  for (const arg of args) {
    const isValue = !arg.startsWith('-');
    const follows = repeated.at(-1) === `--${listOption}`;
    if (inList && isValue && !follows) repeated.push(`--${listOption}`);
    repeated.push(arg);
    inList = isValue ? inList : arg === `--${listOption}`;
  }
  try {
    return parseArgs({ args: repeated, options, allowNegative: true }).values;
  } catch (error) {
    throw new PackagingError(
      error instanceof Error
        ? error.message.replace(/\.\s.*$/s, '').replace(/\.$/, '')
        : `${error}`,
      'Run it with --help to see all options.',
      { cause: error },
    );
  }
}

function toPackageOptions(values: Values): PackageOptions {
  const optional = (name: string): string | undefined =>
    values[name] === undefined ? undefined : text(values[name]);
  const vsix = optional('vsix');
  if (vsix !== undefined && (optional('publisher') ?? optional('id')) !== undefined)
    throw new PackagingError(
      '--vsix carries its own publisher and id',
      'Leave out --publisher and --id, or pack anew without --vsix.',
    );
  return {
    publisher: optional('publisher'),
    id: optional('id'),
    vsix,
    build: values['build'] === true,
    token: optional('token'),
    dryRun: values['dry-run'] === true,
    help: values['help'] === true,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function list(value: unknown): string[] {
  return (Array.isArray(value) ? value : [])
    .flatMap((one) => text(one).split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
