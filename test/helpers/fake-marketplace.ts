import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { readVsix } from '../../scripts/package/read-vsix';

/** An extension that the fake has. */
export interface FakeExtension {
  versions: {
    version: string;
    flags: string;
    lastUpdated: string;
    validationResultMessage?: string;
  }[];
  sharedWith: { name: string; type: string }[];
}

/** A task that an organisation of the fake has. */
export interface FakeTask {
  version: { major: number; minor: number; patch: number };
  contributionIdentifier?: string;
}

/** What the fake answers instead, when the method and the path match. */
export interface Refusal {
  readonly request: RegExp;
  readonly status: number;
  /** Sent as it is; an object as JSON. */
  readonly body: string | object;
}

/** A Marketplace and an organisation, as far as tfx and azure-devops-node-api ask them. */
export interface FakeMarketplace {
  readonly url: string;
  /** `GET /_apis/gallery/...`, in order, without queries. */
  readonly requests: string[];
  readonly publishers: Set<string>;
  readonly organizations: Set<string>;
  /** By `publisher.id`. */
  readonly extensions: Map<string, FakeExtension>;
  /** By GUID. */
  readonly tasks: Map<string, FakeTask[]>;
  readonly refusals: Refusal[];
  /** What validation finds in packages; empty for nothing. */
  validationMessage: string;
  close(): Promise<void>;
}

/**
 * Starts the fake on loopback. Requests and forms of answers were recorded from tfx-cli 0.23.1, texts of refusals are those that
 * people report; what the services really do may differ.
 */
export async function startFakeMarketplace(token: string): Promise<FakeMarketplace> {
  const server = createServer((request, response) => {
    answer(fake, token, request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ message: String(error) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeMarketplace = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    publishers: new Set(['me']),
    organizations: new Set(['contoso', 'fabrikam']),
    extensions: new Map(),
    tasks: new Map(),
    refusals: [],
    validationMessage: '',
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

async function answer(
  fake: FakeMarketplace,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  const { pathname, searchParams } = new URL(request.url ?? '', fake.url);
  const asked = `${request.method} ${pathname}`;
  fake.requests.push(asked);
  const expected = `Basic ${Buffer.from(`OAuth:${token}`).toString('base64')}`;
  const reply: Reply =
    request.headers.authorization !== expected
      ? { status: 401, body: '' }
      : (fake.refusals.find((one) => one.request.test(asked)) ??
        (await route(fake, asked, body, searchParams)));
  response.statusCode = reply.status ?? 200;
  const isText = typeof reply.body === 'string';
  response.setHeader('content-type', isText ? 'text/html' : 'application/json');
  response.end(isText ? reply.body : JSON.stringify(reply.body));
}

interface Reply {
  readonly status?: number;
  readonly body: string | object;
}

const notFound: Reply = { status: 404, body: { message: 'not found' } };

async function route(
  fake: FakeMarketplace,
  asked: string,
  body: Buffer,
  query: URLSearchParams,
): Promise<Reply> {
  for (const [pattern, handle] of routes) {
    const found = pattern.exec(asked);
    if (found !== null) return handle(fake, found.slice(1), body, query);
  }
  throw new Error(`The fake knows no ${asked}: add it to the routes`);
}

type Handler = (
  fake: FakeMarketplace,
  names: readonly string[],
  body: Buffer,
  query: URLSearchParams,
) => Reply | Promise<Reply>;

const routes: readonly (readonly [RegExp, Handler])[] = [
  [/^OPTIONS .*\/_apis\/(\w+)$/, (_, [area = '']) => ({ body: listOf(locations[area] ?? []) })],
  [/^GET .*\/_apis\/ResourceAreas$/, () => ({ body: listOf([]) })],
  [
    /^GET \/_apis\/gallery\/publishers\/([^/]+)$/,
    ({ publishers }, [name = '']) =>
      publishers.has(name) ? { body: { publisherName: name } } : notFound,
  ],
  [
    /^GET \/_apis\/gallery\/publishers\/([^/]+)\/extensions\/([^/]+)$/,
    ({ extensions }, names) => {
      const found = extensions.get(names.join('.'));
      return found === undefined ? notFound : { body: { flags: 'validated', ...found } };
    },
  ],
  [/^POST \/_apis\/gallery\/extensions$/, (fake, _, body) => publish(fake, body)],
  [
    /^PUT \/_apis\/gallery\/publishers\/([^/]+)\/extensions\/([^/]+)$/,
    (fake, _, body) => publish(fake, body),
  ],
  [
    /^POST \/_apis\/gallery\/publishers\/([^/]+)\/extensions\/([^/]+)\/accounts\/([^/]+)$/,
    ({ extensions, organizations }, [publisher, id, name = '']) => {
      if (!organizations.has(name)) return notFound;
      extensions.get(`${publisher}.${id}`)?.sharedWith.push({ name, type: 'account' });
      return { body: '' };
    },
  ],
  [
    /^GET \/\w+\/_apis\/distributedtask\/tasks\/([^/]+)$/,
    ({ tasks }, [id = '']) => ({ body: listOf(tasks.get(id) ?? []) }),
  ],
  [
    /^DELETE \/\w+\/_apis\/distributedtask\/tasks\/([^/]+)$/,
    ({ tasks }, [id = '']) => (tasks.delete(id) ? { body: '' } : notFound),
  ],
  [
    /^PUT \/\w+\/_apis\/distributedtask\/tasks\/([^/]+)$/,
    ({ tasks }, [id = ''], body, query) =>
      upload(tasks, id, body, query.get('overwrite') === 'true'),
  ],
];

function listOf(value: readonly object[]): object {
  return { count: value.length, value };
}

const locations: Readonly<Record<string, readonly object[]>> = {
  Location: [location('e81700f7-3be2-46de-8624-2eb35882fcaa', 'Location', 'ResourceAreas', '')],
  gallery: [
    location('a41192c8-9525-4b58-bc86-179fa549d80d', 'gallery', 'extensions', ''),
    location('4ddec66a-e4f6-4f5d-999e-9e77710d7ff4', 'gallery', 'publishers', '{publisherName}'),
    location(
      'e11ea35a-16fe-4b80-ab11-c4cab88a0966',
      'gallery',
      'publishers',
      '{publisherName}/extensions/{extensionName}',
    ),
    location(
      'a1e66d8f-f5de-4d16-8309-91a4e015ee46',
      'gallery',
      'publishers',
      '{publisherName}/extensions/{extensionName}/accounts/{accountName}',
    ),
  ],
  distributedtask: [
    location('60aac929-f0cd-4bc8-9ce4-6b30e8f1b1bd', 'distributedtask', 'tasks', '{taskId}'),
  ],
};

function location(id: string, area: string, resourceName: string, rest: string): object {
  return {
    id,
    area,
    resourceName,
    routeTemplate: `_apis/${area === 'Location' ? '' : '{area}/'}{resource}/${rest}`.replace(
      /\/$/,
      '',
    ),
    resourceVersion: 2,
    minVersion: '1.0',
    maxVersion: '7.2',
    releasedVersion: '0.0',
  };
}

async function publish(fake: FakeMarketplace, body: Buffer): Promise<Reply> {
  // tfx sends the file itself to the public Marketplace, and JSON to any other.
  const isFile = body.subarray(0, 2).toString('latin1') === 'PK';
  const content = isFile
    ? body
    : Buffer.from(
        (JSON.parse(body.toString('utf8')) as { extensionManifest: string }).extensionManifest,
        'base64',
      );
  const vsix = await unpack(content);
  const manifest = vsix.get('extension.vsixmanifest')?.toString('utf8') ?? '';
  const identity = /<Identity[^>]*>/.exec(manifest)?.[0] ?? '';
  const [publisher = '', id = '', version = ''] = ['Publisher', 'Id', 'Version'].map(
    (name) => new RegExp(`\\b${name}="([^"]+)"`).exec(identity)?.[1],
  );
  const name = `${publisher}.${id}`;
  const there = fake.extensions.get(name) ?? { versions: [], sharedWith: [] };
  const current = there.versions[0]?.version;
  if (current === version)
    return {
      status: 500,
      body: {
        message: `Version number must increase each time an extension is published. Extension: ${name}  Current version: ${current}  Updated version: ${version}`,
      },
    };
  there.versions.unshift({
    version,
    flags: fake.validationMessage === '' ? 'validated' : 'none',
    lastUpdated: '2026-01-01T00:00:00Z',
    ...(fake.validationMessage && { validationResultMessage: fake.validationMessage }),
  });
  fake.extensions.set(name, there);
  return { body: there };
}

async function upload(
  tasks: Map<string, FakeTask[]>,
  id: string,
  body: Buffer,
  overwrite: boolean,
): Promise<Reply> {
  const files = await unpack(body);
  const { name, version } = JSON.parse(files.get('task.json')?.toString('utf8') ?? '{}') as {
    name: string;
    version: { Major: number; Minor: number; Patch: number };
  };
  const sent = { major: version.Major, minor: version.Minor, patch: version.Patch };
  const there = tasks.get(id) ?? [];
  const others = there.filter((one) => JSON.stringify(one.version) !== JSON.stringify(sent));
  if (others.length < there.length && !overwrite)
    return {
      status: 409,
      body: {
        message: `The task definition with id '${id}', name '${name}' and version '${Object.values(sent).join('.')}' already exists.`,
      },
    };
  tasks.set(id, [...others, { version: sent }]);
  return { body: '' };
}

/** readVsix reads files only. */
async function unpack(content: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const folder = mkdtempSync(join(tmpdir(), 'fake-marketplace-'));
  try {
    writeFileSync(join(folder, 'sent.zip'), content);
    return await readVsix(join(folder, 'sent.zip'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
