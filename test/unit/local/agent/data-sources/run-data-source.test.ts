import assert from 'node:assert/strict';
import type {
  ConnectionType,
  RequestTemplates,
} from '../../../../../local/agent/data-sources/extension-manifest';
import {
  runDataSource,
  type SourceOptions,
  testConnection,
} from '../../../../../local/agent/data-sources/run-data-source';

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const TYPE: ConnectionType = {
  name: 'acme',
  displayName: 'Acme',
  dataIds: ['organization'],
  dataSources: [],
  schemes: [
    {
      name: 'Token',
      headers: [{ name: 'Authorization', value: 'Bearer {{endpoint.apitoken}}' }],
      parameterIds: ['apitoken'],
    },
  ],
};

function source(templates: Partial<RequestTemplates>): RequestTemplates {
  return {
    endpointUrl: '{{endpoint.url}}list',
    requestVerb: '',
    requestContent: '',
    resultSelector: 'jsonpath:$.items[*]',
    headers: [],
    initialContextTemplate: '',
    callbackContextTemplate: '',
    callbackRequiredTemplate: '',
    unsupported: [],
    ...templates,
  };
}

const PAGED = source({
  endpointUrl: '{{endpoint.url}}list?size=2{{{page}}}',
  initialContextTemplate: '{"page":""}',
  callbackContextTemplate: '{"page":"&token={{{result.next}}}"}',
  callbackRequiredTemplate: '{{#result.next}}true{{/result.next}}',
});

/** Answers the calls one after another, and records them; the last answer, if it is a function, again and again. */
function answering(...answers: readonly (Response | Error | (() => Response))[]): {
  readonly sent: Sent[];
  readonly fetch: typeof fetch;
} {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: async (url, init = {}) => {
      const headers = Object.fromEntries(new Headers(init.headers ?? {}));
      sent.push({ method: init.method ?? '', url: String(url), headers, body: init.body });
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      if (answer instanceof Error || answer === undefined) throw answer;
      return typeof answer === 'function' ? answer() : answer;
    },
  };
}

const json = (value: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(value), init);

function options(fake: typeof fetch, changes: Partial<SourceOptions> = {}): SourceOptions {
  return {
    connection: {
      name: 'c',
      id: 'i',
      type: 'acme',
      url: 'https://h.test',
      scheme: 'token',
      parameters: { apitoken: 't0k' },
      data: {},
    },
    type: TYPE,
    parameters: {},
    inputs: {},
    fetch: fake,
    clock: { now: () => Date.UTC(2026, 1, 3, 4, 5, 6, 789), sleep: () => Promise.resolve() },
    ...changes,
  };
}

async function urlOf(template: string, changes: Partial<SourceOptions> = {}): Promise<string> {
  const { sent, fetch } = answering(json({}));
  await runDataSource(source({ endpointUrl: template }), options(fetch, changes));
  return sent[0]?.url ?? '';
}

function connected(changes: Partial<SourceOptions['connection']>): Partial<SourceOptions> {
  const { connection } = options(fetch);
  return { connection: { ...connection, ...changes } };
}

async function failure(
  templates: Partial<RequestTemplates>,
  answer: Response | Error,
  changes: Partial<SourceOptions> = {},
): Promise<string> {
  const { fetch } = answering(answer);
  try {
    await runDataSource(source(templates), options(fetch, changes));
  } catch (error) {
    assert.equal((error as Error).name, 'DataSourceError', String(error));
    return (error as Error).message;
  }
  return 'no failure';
}

describe('a data source', () => {
  it('asks with the header of the scheme', async () => {
    const { sent, fetch } = answering(json({ items: [1, 2] }));

    const answer = await runDataSource(source({}), options(fetch));

    assert.deepEqual(answer, { items: [1, 2], calls: 1, isCut: false });
    assert.deepEqual(sent, [
      {
        method: 'GET',
        url: 'https://h.test/list',
        headers: { authorization: 'Bearer t0k' },
        body: undefined,
      },
    ]);
  });

  it('sends verb, content and headers of its own', async () => {
    const { sent, fetch } = answering(json({}));
    const own = source({
      requestVerb: 'Post',
      requestContent: '{"org":"{{{endpoint.organization}}}"}',
      headers: [{ name: 'X-Org', value: '$(endpoint.organization)' }],
    });

    await runDataSource(own, options(fetch, connected({ data: { organization: 'o1' } })));

    assert.deepEqual(sent[0], {
      method: 'POST',
      url: 'https://h.test/list',
      headers: {
        authorization: 'Bearer t0k',
        'content-type': 'application/json',
        'x-org': 'o1',
      },
      body: '{"org":"o1"}',
    });
  });

  const schemes: readonly (readonly [string, Record<string, string>, string | undefined])[] = [
    ['Token', { apitoken: 't<k' }, 't<k'],
    ['UsernamePassword', { username: 'u', password: 'p' }, 'Basic dTpw'],
    ['None', {}, undefined],
  ];
  for (const [name, parameters, header] of schemes) {
    it(`has the default header of the scheme ${name}`, async () => {
      const { sent, fetch } = answering(json({}));
      const type = { ...TYPE, schemes: [{ name, headers: undefined, parameterIds: [] }] };

      await runDataSource(source({}), {
        ...options(fetch, connected({ scheme: name, parameters })),
        type,
      });

      assert.equal(sent[0]?.headers['authorization'], header);
    });
  }

  it('gives a URL of a host alone a slash, and leaves a path as it is', async () => {
    assert.equal(
      await urlOf('{{endpoint.url}}x', connected({ url: 'https://h:8' })),
      'https://h:8/x',
    );
    assert.equal(await urlOf('{{endpoint.url}}x', connected({ url: 'https://h/' })), 'https://h/x');
    assert.equal(
      await urlOf('{{endpoint.url}}x', connected({ url: 'https://h/a' })),
      'https://h/ax',
    );
  });

  it('knows the time, the configuration, parameters and inputs', async () => {
    const url = await urlOf('https://{{{configuration.Host}}}/{{p}}/$(i)?at={{{system.utcNow}}}', {
      ...connected({ data: { 'configuration.Host': 'c.test' } }),
      parameters: { p: 'one' },
      inputs: { i: 'two' },
    });

    assert.equal(url, 'https://c.test/one/two?at=2026-02-03T04:05:06.7890000Z');
  });

  it('takes what the type declares and nobody filled in for empty', async () => {
    assert.equal(await urlOf('{{endpoint.url}}{{endpoint.organization}}'), 'https://h.test/');
  });

  it('goes from page to page', async () => {
    const { sent, fetch } = answering(json({ items: [1], next: 'a&b' }), json({ items: [2] }));

    const answer = await runDataSource(PAGED, options(fetch));

    assert.deepEqual(answer, { items: [1, 2], calls: 2, isCut: false });
    assert.deepEqual(
      sent.map(({ url }) => url),
      ['https://h.test/list?size=2', 'https://h.test/list?size=2&token=a&b'],
    );
  });

  it('stops after five calls', async () => {
    const { sent, fetch } = answering(() => json({ items: [1], next: 'more' }));

    const answer = await runDataSource(PAGED, options(fetch));

    assert.deepEqual(answer, { items: [1, 1, 1, 1, 1], calls: 5, isCut: true });
    assert.equal(sent.length, 5);
  });

  it('goes on by a header of the answer', async () => {
    const { sent, fetch } = answering(
      json({ items: [] }, { headers: { 'x-next': '7' } }),
      json({ items: [] }),
    );
    const paged = source({
      endpointUrl: '{{endpoint.url}}?t={{{t}}}',
      initialContextTemplate: '{"t":"{{{system.utcNow}}}"}',
      callbackContextTemplate: '{"t":"{{{headers.x-next}}}"}',
      callbackRequiredTemplate: '{{{#headers.x-next}}}true{{{/headers.x-next}}}',
    });

    await runDataSource(paged, options(fetch));

    assert.deepEqual(
      sent.map(({ url }) => url),
      ['https://h.test/?t=2026-02-03T04:05:06.7890000Z', 'https://h.test/?t=7'],
    );
  });

  const failures: readonly (readonly [
    string,
    Partial<RequestTemplates>,
    Response | Error,
    string,
  ])[] = [
    [
      'an error of the service',
      {},
      json({ error_code: 'PERMISSION_DENIED', message: 'No.' }, { status: 403 }),
      'HTTP 403 PERMISSION_DENIED: No.',
    ],
    ['an error page', {}, new Response('<h1>\n Bad', { status: 502 }), 'HTTP 502: <h1> Bad'],
    ['an empty error', {}, new Response('', { status: 500 }), 'HTTP 500'],
    [
      'a redirect',
      {},
      new Response('', { status: 302, headers: { location: '/login' } }),
      'HTTP 302 to /login',
    ],
    [
      'a page that is no JSON',
      {},
      new Response('<html>'),
      'resultSelector: the answer is no JSON: <html>',
    ],
    [
      'a large answer',
      {},
      new Response('x'.repeat(2 * 1024 * 1024 + 1)),
      'the answer is larger than 2 MB, which the service does not take',
    ],
    [
      'no answer',
      {},
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }),
      }),
      'no answer from https://h.test/list: ENOTFOUND',
    ],
    ['another failure', {}, new Error('odd'), 'no answer from https://h.test/list: odd'],
    [
      'an unknown variable in the URL',
      { endpointUrl: '{{endpoint.url}}{{page}}' },
      json({}),
      'endpointUrl: there is no variable "page" (known: endpoint.organization, endpoint.apitoken, endpoint.url, system.utcNow)',
    ],
    [
      'an unknown helper',
      { endpointUrl: '{{frobnicate endpoint.url}}' },
      json({}),
      'endpointUrl: there is no helper "frobnicate"',
    ],
    [
      'a URL that is none',
      { endpointUrl: 'api/{{endpoint.organization}}' },
      json({}),
      'endpointUrl: "api/" is no URL',
    ],
    [
      'a first context that is no object',
      { initialContextTemplate: 'page=1' },
      json({}),
      'initialContextTemplate: it gives no JSON object but: page=1',
    ],
    [
      'a next context that is no object',
      { callbackRequiredTemplate: 'true', callbackContextTemplate: '"{{{result.next}}}"' },
      json({ next: 'x' }),
      'callbackContextTemplate: it gives no JSON object but: "x"',
    ],
    [
      'an answer before there is one',
      { initialContextTemplate: '{"p":"{{{result.next}}}"}' },
      json({}),
      'initialContextTemplate: there is no variable "result.next" (known: endpoint.organization, endpoint.apitoken, endpoint.url, system.utcNow)',
    ],
    [
      'a header that cannot be sent',
      { headers: [{ name: 'X', value: 'a\nb' }] },
      json({}),
      'header X: it holds what no header may hold',
    ],
    [
      'a member that is not supported',
      { unsupported: ['authenticationScheme'] },
      json({}),
      '"authenticationScheme" of a data source is not supported here',
    ],
  ];
  for (const [title, templates, answer, message] of failures) {
    it(`fails on ${title}`, async () => {
      assert.equal(await failure(templates, answer), message);
    });
  }

  it('fails on a scheme that is not offered, or not known', async () => {
    const unknown = { ...TYPE, schemes: [{ name: 'JWT', headers: undefined, parameterIds: [] }] };

    assert.equal(
      await failure({}, json({}), connected({ scheme: 'Basic' })),
      'connection "c" has the scheme "Basic", which the type "acme" does not offer (it offers: Token)',
    );
    assert.equal(
      await failure({}, json({}), { ...connected({ scheme: 'jwt' }), type: unknown }),
      'the scheme "JWT" without headers of its own is not supported here',
    );
  });
});

describe('TestConnection', () => {
  it('looks at nothing but the status', async () => {
    const fine = answering(new Response('<html>'));
    const created = answering(new Response('{}', { status: 201 }));

    assert.equal(await testConnection(source({}), options(fine.fetch)), 200);
    await assert.rejects(testConnection(source({}), options(created.fetch)), {
      name: 'DataSourceError',
      message: 'HTTP 201: {}',
    });
  });
});
