import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ApiErrorKind } from '../../../../../shared/databricks';
import { type AnswerFault, readAnswer } from '../../../../../shared/databricks/http/error-mapping';

function read(
  status: number,
  body: unknown,
  options: { method?: string; path?: string; location?: string } = {},
) {
  return readAnswer(options.method ?? 'GET', options.path ?? '/api/2.0/x', {
    status,
    text: typeof body === 'string' ? body : JSON.stringify(body),
    header: (name) => (name === 'location' ? options.location : undefined),
  });
}

function faultOf(...args: Parameters<typeof read>): AnswerFault {
  const result = read(...args);
  assert.ok('fault' in result, 'the answer is no fault');
  return result.fault;
}

const kinds: readonly ApiErrorKind[] = [
  'unauthenticated',
  'permission-denied',
  'not-found',
  'already-exists',
  'type-mismatch',
  'too-large',
  'conflict',
  'rate-limited',
  'unavailable',
  'invalid',
  'other',
];

describe('readAnswer', () => {
  describe('of a success', () => {
    for (const [title, status, body] of [
      ['an object', 200, { run_id: 7 }],
      ['an empty object', 200, {}],
      ['status 201', 201, { id: 1 }],
      ['the historical error code 0', 200, { error_code: 0, run_id: 7 }],
      ['an empty error code', 200, { error_code: '', run_id: 7 }],
      ['an error code null', 200, { error_code: null, run_id: 7 }],
    ] as const) {
      it(`is the JSON object: ${title}`, () => {
        assert.deepEqual(read(status, body), { json: body });
      });
    }
  });

  describe('of a good status without the documented JSON', () => {
    it('is a fault for an error code', () => {
      assert.deepEqual(faultOf(200, { error_code: 'PERMISSION_DENIED', message: 'No.' }), {
        errorCode: 'PERMISSION_DENIED',
        serverMessage: 'No.',
        kind: 'permission-denied',
        isTransient: false,
        isFromService: true,
        hint: 'Give the identity the permission named by the server, or use another identity.',
      });
    });

    it('is a fault for an integer error code', () => {
      assert.deepEqual(faultOf(200, { error_code: 401, message: 'Credential was not sent' }), {
        errorCode: undefined,
        serverMessage: 'Credential was not sent',
        kind: 'other',
        isTransient: false,
        isFromService: true,
        hint: '',
      });
    });

    it('is a fault for a login page, with its title', () => {
      const page =
        '\n<!DOCTYPE html><html><title lang="en">\n Sign in\n to Databricks </title></html>';

      assert.deepEqual(faultOf(200, page), {
        errorCode: undefined,
        serverMessage: 'a web page came back instead of JSON: "Sign in to Databricks"',
        kind: 'unauthenticated',
        isTransient: false,
        isFromService: false,
        hint: 'A sign-in page or a proxy answered. Check the workspace URL, the token and the proxy of the agent.',
      });
    });

    for (const [title, page] of [
      ['no title', '<html></html>'],
      ['an empty title', '<title> </title>'],
    ] as const) {
      it(`is a fault for a page with ${title}`, () => {
        assert.equal(faultOf(200, page).serverMessage, 'a web page came back instead of JSON');
      });
    }

    for (const [title, text, message] of [
      ['an empty body', '', 'the answer was empty'],
      ['white space', ' \r\n', 'the answer was empty'],
      ['JSON that is cut off', '{"run_id":', 'the answer was not the documented JSON'],
      ['an array', '[]', 'the answer was not the documented JSON'],
      ['a string', '"ok"', 'the answer was not the documented JSON'],
      ['plain text', 'OK', 'the answer was not the documented JSON'],
    ] as const) {
      it(`is a fault that may pass for ${title}`, () => {
        assert.deepEqual(faultOf(200, text), {
          errorCode: undefined,
          serverMessage: message,
          kind: 'other',
          isTransient: true,
          isFromService: false,
          hint: 'Something between the agent and the workspace changes answers. Check the proxy of the agent.',
        });
      });
    }
  });

  describe('of a redirect', () => {
    it('names the target without its query', () => {
      assert.deepEqual(faultOf(302, '', { location: 'https://login.test/oauth?state=secret' }), {
        errorCode: undefined,
        serverMessage:
          'the request was redirected to https://login.test/oauth instead of being answered',
        kind: 'unauthenticated',
        isTransient: false,
        isFromService: false,
        hint: 'A redirect means a sign-in page or a proxy. Check the workspace URL and the token.',
      });
    });

    it('is a fault without a target too, even with JSON in the body', () => {
      assert.equal(
        faultOf(303, { run_id: 7 }).serverMessage,
        'the request was redirected to an unnamed place instead of being answered',
      );
    });

    it('recognises a workspace that requires private link', () => {
      const location =
        'https://adb-7.test/login.html?error=private-link-validation-error:1234567890123456';

      assert.deepEqual(faultOf(302, '', { location }), {
        errorCode: 'PRIVATE_LINK_VALIDATION_ERROR',
        serverMessage: 'the workspace refuses this network: it requires private link',
        kind: 'permission-denied',
        isTransient: false,
        isFromService: true,
        refusal: 'private-link',
        hint: 'Run the job on an agent inside the network that the workspace allows.',
      });
    });
  });

  describe('of an error body', () => {
    for (const [title, status, body, errorCode, serverMessage, kind] of [
      [
        'the standard form',
        404,
        { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'gone' },
        'RESOURCE_DOES_NOT_EXIST',
        'gone',
        'not-found',
      ],
      [
        'an integer code',
        401,
        { error_code: 401, message: 'Credential was not sent' },
        undefined,
        'Credential was not sent',
        'unauthenticated',
      ],
      ['the code 0', 400, { error_code: 0, message: 'zero' }, undefined, 'zero', 'invalid'],
      [
        'an empty code',
        400,
        { error_code: '', message: 'x already exists.' },
        undefined,
        'x already exists.',
        'invalid',
      ],
      ['no code', 409, { message: 'taken' }, undefined, 'taken', 'conflict'],
      ['API 1.2', 500, { error: 'ContextNotFound' }, undefined, 'ContextNotFound', 'other'],
      [
        'OAuth',
        401,
        { error: 'invalid_client', error_description: 'Client authentication failed' },
        undefined,
        'Client authentication failed',
        'unauthenticated',
      ],
      [
        'SCIM',
        404,
        {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
          detail: 'User not found',
          status: '404',
          scimType: 'noTarget',
        },
        'SCIM_404',
        'noTarget User not found',
        'not-found',
      ],
      [
        'SCIM without type',
        403,
        { schemas: [], detail: 'Forbidden', status: 403 },
        'SCIM_403',
        'Forbidden',
        'permission-denied',
      ],
      [
        'SCIM with the detail null',
        500,
        { schemas: [], detail: 'null', status: '500' },
        'SCIM_500',
        'SCIM API Internal Error',
        'other',
      ],
      ['an empty object', 500, {}, undefined, 'no message', 'other'],
      [
        'an error that is no text',
        400,
        { error: { message: 'nested' } },
        undefined,
        'no message',
        'invalid',
      ],
      ['a message that is a number', 400, { message: 42 }, undefined, '42', 'invalid'],
      [
        'bare text with a code',
        400,
        'INVALID_STATE: too\nlate',
        'INVALID_STATE',
        'too\nlate',
        'invalid',
      ],
      [
        'bare text',
        502,
        'Bad gateway of a proxy',
        undefined,
        'Bad gateway of a proxy',
        'unavailable',
      ],
      ['an array', 500, '[1]', undefined, '[1]', 'other'],
      [
        'a page with <pre>',
        503,
        '<html><body><pre>upstream\n down</pre></body></html>',
        undefined,
        'a web page came back: "upstream down"',
        'unavailable',
      ],
      [
        'a page with a title',
        403,
        '<title>Access denied</title>',
        undefined,
        'a web page came back: "Access denied"',
        'permission-denied',
      ],
      [
        'a page without title',
        403,
        '<html><style>b{}</style><!-- <b>x</b> --><script>y</script><h1>Access\n denied</h1> by <b>ACME</b><br',
        undefined,
        'a web page came back: "Access denied by ACME"',
        'permission-denied',
      ],
      ['a page without text', 404, '<html/>', undefined, 'a web page came back', 'not-found'],
      ['an empty body', 503, '', undefined, 'Service Unavailable', 'unavailable'],
      ['an empty body of an unknown status', 599, ' ', undefined, 'no message', 'other'],
      ['an informational status', 100, {}, undefined, 'no message', 'other'],
    ] as const) {
      it(`reads ${title}`, () => {
        const fault = faultOf(status, body);

        assert.deepEqual(
          [fault.errorCode, fault.serverMessage, fault.kind],
          [errorCode, serverMessage, kind],
        );
      });
    }

    it('shortens long messages', () => {
      const long = 'x'.repeat(5_000);

      assert.equal(faultOf(500, { message: long }).serverMessage, `${'x'.repeat(1_000)}…`);
      assert.equal(faultOf(500, long).serverMessage, `${'x'.repeat(1_000)}…`);
    });

    for (const [title, body, expected] of [
      ['a JSON object', { message: 'm' }, true],
      ['bare text with a code', 'INTERNAL_ERROR: m', true],
      ['bare text', 'm', false],
      ['a page', '<html>', false],
      ['nothing', '', false],
    ] as const) {
      it(`is ${expected ? '' : 'not '}taken for one of the service: ${title}`, () => {
        assert.equal(faultOf(500, body).isFromService, expected);
      });
    }
  });

  describe('computes the kind from the error code, which wins over the status', () => {
    for (const [errorCode, status, kind, isTransient] of [
      ['BAD_REQUEST', 400, 'invalid', false],
      ['INVALID_PARAMETER_VALUE', 400, 'invalid', false],
      ['INVALID_ARGUMENT', 400, 'invalid', false],
      ['MALFORMED_REQUEST', 400, 'invalid', false],
      ['INVALID_STATE', 400, 'invalid', false],
      ['INVALID_STATE_TRANSITION', 400, 'invalid', false],
      ['FAILED_PRECONDITION', 400, 'invalid', false],
      ['RESOURCE_ALREADY_EXISTS', 400, 'already-exists', false],
      ['ALREADY_EXISTS', 409, 'already-exists', false],
      ['RESOURCE_CONFLICT', 409, 'conflict', false],
      ['ABORTED', 409, 'conflict', false],
      ['COULD_NOT_ACQUIRE_LOCK', 409, 'conflict', false],
      ['RESOURCE_DOES_NOT_EXIST', 404, 'not-found', false],
      ['NOT_FOUND', 404, 'not-found', false],
      ['ENDPOINT_NOT_FOUND', 404, 'not-found', false],
      ['FEATURE_DISABLED', 404, 'not-found', false],
      ['UNAUTHENTICATED', 401, 'unauthenticated', false],
      ['CUSTOMER_UNAUTHORIZED', 401, 'unauthenticated', false],
      ['PERMISSION_DENIED', 403, 'permission-denied', false],
      ['RESOURCE_EXHAUSTED', 429, 'rate-limited', true],
      ['REQUEST_LIMIT_EXCEEDED', 429, 'rate-limited', true],
      ['QUOTA_EXCEEDED', 400, 'other', false],
      ['QUOTA_EXCEEDED', 403, 'other', false],
      ['RESOURCE_LIMIT_EXCEEDED', 400, 'other', false],
      ['RESOURCE_LIMIT_EXCEEDED', 429, 'other', false],
      ['TEMPORARILY_UNAVAILABLE', 503, 'unavailable', true],
      ['UNAVAILABLE', 503, 'unavailable', true],
      ['SERVICE_UNDER_MAINTENANCE', 503, 'unavailable', true],
      ['WORKSPACE_TEMPORARILY_UNAVAILABLE', 503, 'unavailable', true],
      ['DEADLINE_EXCEEDED', 504, 'unavailable', true],
      ['CANCELLED', 499, 'other', false],
      ['INTERNAL_ERROR', 500, 'other', false],
      ['UNKNOWN', 500, 'other', false],
      ['DATA_LOSS', 500, 'other', false],
      ['IO_ERROR', 500, 'other', false],
      ['NOT_IMPLEMENTED', 501, 'other', false],
      ['DIRECTORY_NOT_EMPTY', 400, 'invalid', false],
      ['DIRECTORY_PROTECTED', 400, 'invalid', false],
      ['MAX_NOTEBOOK_SIZE_EXCEEDED', 400, 'too-large', false],
      ['PARTIAL_DELETE', 503, 'unavailable', true],
      ['GIT_CONFLICT', 400, 'invalid', false],
      ['PERMISSION_DENIED', 400, 'permission-denied', false],
      ['TEMPORARILY_UNAVAILABLE', 400, 'unavailable', true],
      ['RESOURCE_DOES_NOT_EXIST', 429, 'not-found', true],
      ['toString', 404, 'not-found', false],
      ['constructor', 500, 'other', false],
      ['__proto__', 500, 'other', false],
    ] as const) {
      it(`${errorCode} with ${status} is ${kind}`, () => {
        const fault = faultOf(status, { error_code: errorCode, message: 'm' });

        assert.deepEqual([fault.errorCode, fault.kind], [errorCode, kind]);
        assert.equal(fault.isTransient, isTransient);
      });
    }
  });

  describe('falls back to the status', () => {
    for (const [status, kind, isTransient] of [
      [400, 'invalid', false],
      [401, 'unauthenticated', false],
      [403, 'permission-denied', false],
      [404, 'not-found', false],
      [409, 'conflict', false],
      [429, 'rate-limited', true],
      [499, 'other', false],
      [500, 'other', false],
      [501, 'other', false],
      [502, 'unavailable', true],
      [503, 'unavailable', true],
      [504, 'unavailable', true],
    ] as const) {
      it(`${status} is ${kind}`, () => {
        for (const body of [{ error_code: 'SOMETHING_NEW', message: 'm' }, {}, 'text', '']) {
          const fault = faultOf(status, body);
          assert.deepEqual([fault.kind, fault.isTransient], [kind, isTransient]);
        }
      });
    }
  });

  describe('finds "does not exist" behind INVALID_PARAMETER_VALUE', () => {
    const rows = [
      ['GET', '/api/2.1/clusters/get', 'Cluster 0923-164208-meows279 does not exist'],
      ['GET', '/api/2.2/jobs/get', 'Job 12 does not exist.'],
      ['GET', '/api/2.2/jobs/runs/get', 'Run 7 does not exist.'],
      ['GET', '/api/2.1/jobs/runs/get', "Run: 7 in job: 12 doesn't exist [ReqId: 1-2]"],
      ['GET', '/api/2.2/jobs/runs/get-output', 'Run 7 does not exist.'],
      ['POST', '/api/2.2/jobs/runs/cancel', 'Run 7 does not exist.'],
    ] as const;

    for (const [method, path, message] of rows) {
      const body = { error_code: 'INVALID_PARAMETER_VALUE', message };

      it(`${method} ${path}: ${message}`, () => {
        assert.equal(faultOf(400, body, { method, path }).kind, 'not-found');
      });

      it(`but not of another call, status or message: ${method} ${path} (${message.slice(0, 5)})`, () => {
        const other = { ...body, message: 'run_id must be a number' };
        assert.equal(faultOf(400, body, { method: 'PUT', path }).kind, 'invalid');
        assert.equal(faultOf(400, body, { method, path: `${path}x` }).kind, 'invalid');
        assert.equal(faultOf(409, body, { method, path }).kind, 'invalid');
        assert.equal(faultOf(400, other, { method, path }).kind, 'invalid');
      });
    }
  });

  describe('knows messages of failures that pass', () => {
    for (const message of [
      'com.databricks.backend.manager.util.UnknownWorkerEnvironmentException: x',
      'Cluster x does not have any associated worker environments',
      'There is no worker environment with id y',
      'Unknown worker environment WorkerEnvId(z)',
      'ClusterNotReadyException: not yet',
      'worker env WorkerEnvId(z) not found',
      'Timed out after 60 s',
      'context deadline exceeded',
      'Please try again later or try a faster operation.',
      'RPC token bucket limit has been exceeded',
      'failed with REQUEST_LIMIT_EXCEEDED for user',
    ]) {
      it(message, () => {
        assert.equal(faultOf(500, { error_code: 'INTERNAL_ERROR', message }).isTransient, true);
      });
    }

    it('which do not outweigh a hard quota', () => {
      const body = { error_code: 'QUOTA_EXCEEDED', message: 'Timed out after 60 s' };

      assert.equal(faultOf(429, body).isTransient, false);
    });
  });

  describe('says what to do', () => {
    for (const [title, status, message, hint] of [
      [
        'about a wrong token',
        403,
        'Invalid access token. [ReqId: 1-2]',
        'The token is wrong, expired, revoked, or of another workspace: create a new one in this workspace and update where it comes from.',
      ],
      [
        'about an address that is blocked',
        403,
        'Source IP address: 1.2.3.4 is blocked by Databricks IP ACL for workspace: 7',
        'The workspace allows only certain IP addresses. Run the job on an agent with an allowed address.',
      ],
      [
        'about a missing login',
        401,
        'm',
        'The token is missing, malformed or expired: renew it and update where it comes from.',
      ],
      [
        'about a missing permission',
        403,
        'm',
        'Give the identity the permission named by the server, or use another identity.',
      ],
      ['about what is missing', 404, 'm', 'Check the name, and that the identity may see it.'],
      [
        'about a conflict',
        409,
        'm',
        'Somebody else changes the same object now. Try again when that is done.',
      ],
      [
        'about too many requests',
        429,
        'm',
        'The workspace limits the rate of requests. Run fewer jobs at once against this workspace, or try again later.',
      ],
      [
        'about an outage',
        503,
        'm',
        'The workspace is not available now. Look at the status page of Azure Databricks and try again later.',
      ],
      ['nothing about what the server explains', 400, 'm', ''],
    ] as const) {
      it(title, () => {
        assert.equal(faultOf(status, { message }).hint, hint);
      });
    }
  });

  for (const [title, text] of [
    ['<title', '<title'.repeat(200_000)],
    ['<title>', '<title>'.repeat(200_000)],
    ['letters', 'A'.repeat(1_000_000)],
    ['white space', `x${' '.repeat(1_000_000)}x`],
  ] as const) {
    it(`reads a page of nothing but ${title} in short time`, () => {
      const start = performance.now();

      const { serverMessage } = faultOf(500, text);

      assert.ok(serverMessage.length < 1_100);
      assert.ok(performance.now() - start < 5_000);
    });
  }

  const upload = {
    method: 'POST',
    path: '/api/2.0/workspace-files/import-file/Shared%2Fapp%2Fbig.bin',
  };
  const uploads: readonly [string, number, string, string, ApiErrorKind][] = [
    ['a missing folder', 404, '', 'The parent folder (/Shared/app) does not exist.', 'not-found'],
    [
      'a file that exists',
      409,
      'ALREADY_EXISTS',
      'Node with name /Shared/app/big.bin already exists. Please pass overwrite=true to update it.',
      'already-exists',
    ],
    ['a file that exists, without code', 409, '', 'Conflict', 'already-exists'],
    [
      'a notebook that exists',
      400,
      '',
      'Path (/Shared/app/big.bin) already exists.',
      'already-exists',
    ],
    [
      'an object of another type',
      400,
      'INVALID_PARAMETER_VALUE',
      'Requested node type [FILE] is different from the existing node type [NOTEBOOK]',
      'type-mismatch',
    ],
  ];
  for (const [title, status, errorCode, message, kind] of uploads) {
    it(`calls ${title} ${kind}, for a file that is uploaded`, () => {
      const fault = faultOf(status, { error_code: errorCode, message }, upload);

      assert.equal(fault.kind, kind);
    });
  }

  for (const [title, status, body] of [
    ['the code of the service', 400, { error_code: 'MAX_NOTEBOOK_SIZE_EXCEEDED', message: 'No.' }],
    ['the status of a proxy', 413, '<title>Request Entity Too Large</title>'],
  ] as const) {
    it(`recognises what is too large by ${title}`, () => {
      const { kind, isTransient, hint } = faultOf(status, body, { method: 'POST' });

      assert.deepEqual([kind, isTransient], ['too-large', false]);
      assert.equal(hint, 'The workspace, or a proxy before it, takes nothing of this size.');
    });
  }

  it('finds a success or one of the kinds in any answer', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.json({ maxDepth: 2 }),
      fc
        .record({
          error_code: fc.oneof(fc.string(), fc.integer(), fc.jsonValue({ maxDepth: 1 })),
          message: fc.jsonValue({ maxDepth: 1 }),
        })
        .map((body) => JSON.stringify(body)),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        text,
        fc.option(fc.string(), { nil: undefined }),
        (status, given, location) => {
          const result = read(status, given, location === undefined ? {} : { location });
          if ('json' in result) {
            assert.ok(status >= 200 && status < 300);
            assert.deepEqual(typeof result.json, 'object');
            return;
          }
          assert.ok(kinds.includes(result.fault.kind), String(result.fault.kind));
          assert.notEqual(result.fault.serverMessage, '');
          assert.equal(typeof result.fault.hint, 'string');
        },
      ),
      { numRuns: 150 },
    );
  });
});
