import assert from 'node:assert/strict';
import { computeNames } from '../../../../scripts/package/extension-identity';
import { buildMarketplacePage } from '../../../../scripts/package/marketplace-page';
import { findAnchors } from '../../../../scripts/package/page-anchors';

const original = { publisher: 'makers', id: 'notebooks' };
const options = {
  repository: 'https://git.example.test/makers/notebooks',
  ref: 'v1.2.3',
  names: computeNames(original, original),
  taskNames: ['DatabricksRun', 'DatabricksRunNotebook'],
};

describe('the page of the Marketplace', () => {
  it('links to the repository where the README links to its files', () => {
    assert.equal(
      buildMarketplacePage(
        'See [agents](docs/agents.md#proxies) and [examples](./examples/).',
        options,
      ),
      'See [agents](https://git.example.test/makers/notebooks/blob/v1.2.3/docs/agents.md#proxies) and [examples](https://git.example.test/makers/notebooks/blob/v1.2.3/examples).',
    );
  });

  it('leaves pictures, anchors and web addresses as they are', () => {
    const page =
      '![form](images/form.png) [tasks](#tasks) [Git](https://git-scm.com) <https://a.test>';

    assert.equal(buildMarketplacePage(page, options), page);
  });

  it('leaves out what is for people who have the repository', () => {
    const readme =
      'One.\n\n<!-- repository only -->\n\n`npm start`\n\n<!-- end of repository only -->\n\nTwo.\n';

    assert.equal(buildMarketplacePage(readme, options), 'One.\n\nTwo.\n');
  });

  it('links to the headings of a copy that have its names', () => {
    const names = computeNames(original, { publisher: 'me', id: 'My-Copy' });

    const page = buildMarketplacePage(
      '[run](#databricksrunnotebook1) [old](#databricksrun12) [inputs](#connection-inputs)\n\n### DatabricksRunNotebook@1\n\n### DatabricksRun@12',
      { ...options, names },
    );

    assert.equal(
      page,
      '[run](#databricksrunnotebook-my-copy1) [old](#databricksrun-my-copy12) [inputs](#connection-inputs)\n\n### DatabricksRunNotebook-My-Copy@1\n\n### DatabricksRun-My-Copy@12',
    );
    assert.deepEqual(
      [...findAnchors(page)],
      ['databricksrunnotebook-my-copy1', 'databricksrun-my-copy12'],
    );
  });

  it('names the tasks of a copy', () => {
    const names = computeNames(original, { publisher: 'me', id: 'dev' });

    assert.equal(
      buildMarketplacePage('- task: DatabricksRunNotebook@1, `DatabricksRun@1`', {
        ...options,
        names,
      }),
      '- task: DatabricksRunNotebook-dev@1, `DatabricksRun-dev@1`',
    );
  });
});
