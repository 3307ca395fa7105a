import assert from 'node:assert/strict';
import {
  type Answer,
  explainRefusal,
  explainUploadRefusal,
  toAnswer,
} from '../../../../scripts/publish/refusals';

const attempt = {
  what: 'Publishing me.copy 0.1.0',
  serviceUrl: 'https://marketplace.visualstudio.com',
  publisher: 'me',
  id: 'copy',
  version: '0.1.0',
};

const banner =
  "Checking if this extension is already published\nIt isn't, create a new extension.\n";

const cases: readonly (readonly [title: string, Answer, kind: string, message: RegExp])[] = [
  [
    'a 401 that tfx reports',
    {
      text: `${banner}error: Received response 401 (Not Authorized). Check that your personal access token is correct and hasn't expired.`,
    },
    'token',
    /failed: the token was not accepted\. It is wrong, expired or revoked, or lacks the scope Marketplace \(Publish\): get a new one as docs\/publishing\.md says .* The Marketplace said: "Received response 401/,
  ],
  ['a 401', { status: 401, text: 'Failed request: (401)' }, 'token', /the token was not accepted/],
  [
    'a sign-in page where the API should be',
    { text: 'Failed to find api location for area: gallery id: 4ddec66a' },
    'token',
    /If the token is right, check the address https:\/\/marketplace/,
  ],
  [
    'a page with markup',
    { text: '<!DOCTYPE html><html><title>Sign In</title><script>x</script></html>' },
    'token',
    /The Marketplace said: "a web page, "Sign In""/,
  ],
  [
    'missing rights',
    {
      text: 'error: Received response 403 (Forbidden). Check that you have access to this resource. Message from server: Access Denied: aa11 needs the following permission(s) on the resource /me to perform this action: Create new extensions',
    },
    'permission',
    /the owner of the token may not do that for "me"\. Either there is no such publisher, or that person is not a Contributor of it: see https:\/\/marketplace\.visualstudio\.com\/manage\/publishers\/me \(Members\)/,
  ],
  [
    'an unknown publisher',
    { status: 404, text: 'The publisher me does not exist.' },
    'publisher',
    /there is no publisher "me"\. Create it at https:\/\/marketplace\.visualstudio\.com\/manage with exactly the ID "me"/,
  ],
  [
    'tfx stumbling over an answer without content',
    { text: "error: TypeError: Cannot read properties of null (reading 'versions')" },
    'missing',
    /there is no such thing\. Check that the publisher "me" and the id "copy" are right/,
  ],
  [
    'a version that is there',
    {
      text: 'error: Error: Version number must increase each time an extension is published. Extension: me.copy  Current version: 0.1.0  Updated version: 0.1.0',
    },
    'version',
    /version 0\.1\.0 is not newer than what is published\. Raise the version in package\.json, vss-extension\.json, and \(Minor and Patch\) each tasks\/\*\/task\.json\./,
  ],
  [
    'a failed validation',
    {
      text: 'error: Error: Extension validation failed. Please address the following issues and retry publishing.\nThe image of the icon is broken.',
    },
    'validation',
    /took the version, then found it wrong\. Mend what it names, raise the version .* retry publishing\. The image of the icon is broken\./,
  ],
  [
    'a validation that takes long',
    { text: 'error: Error: Validation is taking much longer than usual. TFX is exiting.' },
    'pending',
    /Do not publish it again; .* Look again with npm run publish -- --status --publisher me --id copy\./,
  ],
  [
    'a publisher that is not verified',
    { status: 400, text: 'Only a verified publisher can make an extension public.' },
    'verification',
    /only verified publishers may have public extensions\. Take "public" and "galleryFlags" out/,
  ],
  [
    'a public extension that would become private',
    { text: "error: An extension that was made public can't be changed to private." },
    'visibility',
    /the extension is public already\. It cannot become private again/,
  ],
  [
    'a name that is taken',
    { status: 409, text: 'The extension already exists.' },
    'taken',
    /the name of me\.copy is taken\. Choose another --id/,
  ],
  [
    'a package that is too large',
    { text: 'error: The extension package size 30037289 bytes exceeds the maximum allowed size' },
    'size',
    /the package was not taken as a whole\. It is too large/,
  ],
  [
    'no network',
    toAnswer(Object.assign(new Error('getaddrinfo ENOTFOUND example.test'), { code: 'ENOTFOUND' })),
    'network',
    /https:\/\/marketplace\.visualstudio\.com cannot be reached\. .*HTTPS_PROXY.* The connection said: "ENOTFOUND getaddrinfo/,
  ],
  [
    'a certificate of a company proxy',
    { text: 'error: Error: self-signed certificate in certificate chain' },
    'certificate',
    /NODE_EXTRA_CA_CERTS/,
  ],
  [
    'a failure of the service',
    { status: 500, text: 'TF400898: An Internal Error Occurred. Activity Id: 1' },
    'outage',
    /a problem of its own\. .*status\.dev\.azure\.com/,
  ],
  [
    'anything else',
    { text: 'error: The moon is in the\u001b wrong\n house' },
    'unknown',
    /^Publishing me\.copy 0\.1\.0 failed\. The Marketplace said: "The moon is in the wrong house"\. docs\/publishing\.md lists the refusals that are known\.$/,
  ],
];

describe('explainRefusal', () => {
  for (const [title, answer, kind, message] of cases)
    it(`explains ${title}`, () => {
      const error = explainRefusal(attempt, answer);

      assert.equal(error.kind, kind);
      assert.match(error.message, message);
    });

  it('does not put its own findings into the mouth of the service', () => {
    const error = explainRefusal(
      { ...attempt, published: '0.2.0' },
      { text: 'Version number must increase', isOwn: true },
    );

    assert.equal(
      error.message,
      'Publishing me.copy 0.1.0 failed: version 0.1.0 is not newer than 0.2.0. Raise the version in package.json, vss-extension.json, and (Minor and Patch) each tasks/*/task.json.',
    );
  });

  it('names another Marketplace in the command that looks again', () => {
    const { message } = explainRefusal(
      { ...attempt, serviceUrl: 'https://market.test' },
      { text: 'Validation is taking much longer' },
    );

    assert.match(message, /--id copy --service-url https:\/\/market\.test\./);
  });
});

const uploadCases: readonly (readonly [string, Answer, string, boolean, RegExp])[] = [
  [
    'a version that is there',
    {
      text: "error: Error: The task definition with id '9e', name 'X' and version '0.1.0' already exists.",
    },
    'version',
    false,
    /the organisation has version 0\.1\.0 of the task\. Upload with --overwrite .* or raise Minor or Patch/,
  ],
  [
    'a task of an extension',
    {
      status: 409,
      text: "A task definition with id '21' and version '0.0.8' already exists for contribution (me.copy.X, v0.0.19).",
    },
    'extension',
    false,
    /Uninstall the extension from the organisation first .* --publisher me --id my-copy/,
  ],
  [
    'missing rights',
    {
      text: 'error: Error: Access denied. Me needs Manage permissions to perform the action.',
    },
    'permission',
    true,
    /Administrator of all pools: Organization settings, Agent pools, Security\..*Agent Pools \(Read & manage\)/,
  ],
  [
    'a token without the scope',
    { status: 401, text: 'Failed request: (401)' },
    'token',
    true,
    /belongs to another organisation, or lacks the scope Agent Pools \(Read & manage\)/,
  ],
  [
    'a task to delete that is not there',
    { text: 'error: Error: No task found with provided ID: 9e' },
    'missing',
    false,
    /there is no such thing/,
  ],
];

describe('explainUploadRefusal', () => {
  for (const [title, answer, kind, isHopeless, message] of uploadCases)
    it(`explains ${title}`, () => {
      const error = explainUploadRefusal(attempt, answer);

      assert.equal(error.kind, kind);
      assert.equal(error.isHopeless, isHopeless);
      assert.match(error.message, message);
    });
});

describe('toAnswer', () => {
  it('keeps the status and the causes', () => {
    const causes = [Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' })];

    assert.deepEqual(toAnswer(Object.assign(new Error('no'), { statusCode: 403 })), {
      status: 403,
      text: 'no',
    });
    assert.deepEqual(toAnswer(new AggregateError(causes)), {
      status: undefined,
      text: 'ECONNREFUSED connect refused',
    });
  });
});
