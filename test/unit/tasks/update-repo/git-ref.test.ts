import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeRef, readGitRef } from '../../../../tasks/UpdateRepo/git-ref';
import { updateRepoStep } from './context';

type Texts = Readonly<Record<string, string>>;

function read(inputs: Texts, variables: Texts = {}) {
  const { context } = updateRepoStep({ inputs: { gitBranch: '', ...inputs }, variables });
  const ref = readGitRef(context.input, context.host);
  context.input.finish();
  return ref;
}

const branch = (name: string) => ({ kind: 'branch', name });
const tag = (name: string) => ({ kind: 'tag', name });
const pullRequest = {
  'Build.SourceBranch': 'refs/pull/5/merge',
  'System.PullRequest.SourceBranch': 'refs/heads/feature/x',
};
const fork = { ...pullRequest, 'System.PullRequest.IsFork': 'True' };
const neither = (place: string, text: string): string =>
  `${place} is "${text}", which is neither a branch nor a tag: Git folders cannot check it out. Set 'gitBranch' or 'gitTag'.`;
const trigger = 'The branch that triggered the pipeline';
const noFork =
  "The pull request comes from a fork, whose branch is not in the pipeline's repository. Deploy its files with DatabricksImportNotebooks, or set 'gitBranch' or 'gitTag' to a branch or tag of the repository.";

describe('readGitRef', () => {
  const forms: readonly (readonly [string, Texts, Texts, unknown])[] = [
    ['a branch', { gitBranch: 'main' }, {}, branch('main')],
    ['a branch with slashes', { gitBranch: 'feature/a/b' }, {}, branch('feature/a/b')],
    ['refs/heads/', { gitBranch: 'refs/heads/release/1.0' }, {}, branch('release/1.0')],
    ['refs/tags/ in gitBranch', { gitBranch: 'refs/tags/v1' }, {}, tag('v1')],
    ['a tag', { gitTag: 'v1.2.0' }, {}, tag('v1.2.0')],
    ['refs/tags/ in gitTag', { gitTag: 'refs/tags/rel/1' }, {}, tag('rel/1')],
    ['blanks around it', { gitBranch: '  main ' }, {}, branch('main')],
    ['other letters', { gitBranch: 'größe-δ' }, {}, branch('größe-δ')],
    ['short hexadecimal digits', { gitBranch: 'deadbeef' }, {}, branch('deadbeef')],
    ['the triggering branch', {}, { 'Build.SourceBranch': 'refs/heads/main' }, branch('main')],
    ['the triggering tag', {}, { 'Build.SourceBranch': 'refs/tags/v2' }, tag('v2')],
    ['the source of a pull request', {}, pullRequest, branch('feature/x')],
    [
      'the short source of a GitHub pull request',
      {},
      { ...pullRequest, 'System.PullRequest.SourceBranch': 'patch-1' },
      branch('patch-1'),
    ],
    [
      '$(Build.SourceBranch) of a pull request',
      { gitBranch: 'refs/pull/5/merge' },
      pullRequest,
      branch('feature/x'),
    ],
    [
      '$(Build.SourceBranch) of a GitHub pull request',
      { gitBranch: 'refs/pull/5/merge' },
      { ...pullRequest, 'System.PullRequest.SourceBranch': 'patch-1' },
      branch('patch-1'),
    ],
    ['the input before the trigger', { gitBranch: 'main' }, fork, branch('main')],
    [
      'the primary artifact of a release',
      {},
      {
        'Release.PrimaryArtifactSourceAlias': '_app',
        'Release.Artifacts._app.SourceBranch': 'refs/heads/main',
      },
      branch('main'),
    ],
    [
      'a pull request that is not of a fork',
      {},
      { ...pullRequest, 'System.PullRequest.IsFork': 'False' },
      branch('feature/x'),
    ],
  ];
  for (const [what, inputs, variables, expected] of forms) {
    it(`takes ${what}`, () => assert.deepEqual(read(inputs, variables), expected));
  }

  const refusals: readonly (readonly [string, Texts, Texts, string])[] = [
    [
      'both',
      { gitBranch: 'main', gitTag: 'v1' },
      {},
      "Both 'gitBranch' and 'gitTag' are given; keep one of them.",
    ],
    [
      'nothing, when nothing triggered the pipeline',
      {},
      {},
      "No branch is given, and nothing tells what triggered this pipeline. Set 'gitBranch' or 'gitTag'.",
    ],
    [
      'a variable that is not defined',
      { gitBranch: '$(myBranch)' },
      { 'Build.SourceBranch': 'refs/heads/main' },
      'Input \'gitBranch\' contains $(myBranch), but no variable "myBranch" is defined. Define it, link the variable group that has it, or write $$(myBranch) if that text is meant.',
    ],
    ['a pull request of a fork', {}, fork, noFork],
    ['$(Build.SourceBranch) of a fork', { gitBranch: 'refs/pull/5/merge' }, fork, noFork],
    [
      'a merge commit of another pull request',
      { gitBranch: 'refs/pull/6/merge' },
      pullRequest,
      neither("Input 'gitBranch'", 'refs/pull/6/merge'),
    ],
    [
      'a pull request whose source is not known',
      {},
      { 'Build.SourceBranch': 'refs/pull/5/merge' },
      neither(trigger, 'refs/pull/5/merge'),
    ],
    [
      'a pull request that is its own source',
      {},
      { ...pullRequest, 'System.PullRequest.SourceBranch': 'refs/pull/5/merge' },
      neither(trigger, 'refs/pull/5/merge'),
    ],
    [
      'another kind of ref',
      { gitBranch: 'refs/notes/commits' },
      {},
      neither("Input 'gitBranch'", 'refs/notes/commits'),
    ],
    [
      'a ref without name',
      { gitBranch: 'refs/heads/' },
      {},
      neither("Input 'gitBranch'", 'refs/heads/'),
    ],
    [
      'a name with refs/ twice',
      { gitBranch: 'refs/heads/refs/heads/x' },
      {},
      neither("Input 'gitBranch'", 'refs/heads/refs/heads/x'),
    ],
    ['a pattern', { gitBranch: 'release/*' }, {}, neither("Input 'gitBranch'", 'release/*')],
    [
      'an option',
      { gitBranch: '--upload-pack=x' },
      {},
      neither("Input 'gitBranch'", '--upload-pack=x'),
    ],
    [
      'a pattern as tag',
      { gitTag: 'v1 v2' },
      {},
      'Input \'gitTag\' is "v1 v2", which is not the name of a tag.',
    ],
    [
      'a branch as tag',
      { gitTag: 'refs/heads/main' },
      {},
      'Input \'gitTag\' is "refs/heads/main", which is not the name of a tag.',
    ],
    [
      'a commit',
      { gitBranch: 'A'.repeat(40) },
      {},
      `Input 'gitBranch' is the commit "${'A'.repeat(40)}": Git folders check out branches and tags only. Set 'gitBranch' to the branch of the commit and 'expectedCommit' to the commit, or tag it and set 'gitTag'.`,
    ],
  ];
  for (const [what, inputs, variables, message] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(inputs, variables), { name: 'InputError', message });
    });
  }

  const part = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,10}$/);
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

  it('reads every form of a name as the same ref', () => {
    fc.assert(
      fc.property(name, (text) => {
        fc.pre(!text.startsWith('refs/') && !/^[0-9a-f]{40}$/i.test(text));

        assert.deepEqual(read({ gitBranch: text }), branch(text));
        assert.deepEqual(read({ gitBranch: `refs/heads/${text}` }), branch(text));
        assert.deepEqual(read({ gitBranch: `refs/tags/${text}` }), tag(text));
        assert.deepEqual(read({ gitTag: text }), tag(text));
        assert.deepEqual(read({ gitTag: `refs/tags/${text}` }), tag(text));
        assert.deepEqual(read({}, { 'Build.SourceBranch': `refs/heads/${text}` }), branch(text));
      }),
    );
  });

  it('gives a usable name or a problem for any text', () => {
    const anyText = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'refs/headstg.@{~^: ') }),
    );
    fc.assert(
      fc.property(anyText, fc.constantFrom('gitBranch', 'gitTag'), (text, input) => {
        let ref: ReturnType<typeof read>;
        try {
          ref = read({ [input]: text });
        } catch (error) {
          assert.equal((error as Error).name, 'InputError');
          return;
        }
        assert.match(ref?.name ?? '', /^[^\s~^:?*[\\/-][^\s~^:?*[\\]*$/);
      }),
    );
  });
});

describe('describeRef', () => {
  it('names kind and name', () => {
    assert.equal(describeRef({ kind: 'tag', name: 'v1' }), 'tag "v1"');
  });
});
