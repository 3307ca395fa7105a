import assert from 'node:assert/strict';
import { createContext, runInContext } from 'node:vm';
import { Window } from 'happy-dom';
import { buildPage, embeddedJson } from '../../../../scripts/preview/page-html';
import { aTask, previewData } from './builders';

describe('buildPage', () => {
  it('makes one text that loads nothing and shows the tasks', async () => {
    const html = await buildPage(previewData([aTask({ friendlyName: 'Bake </script> cake' })]));

    assert.doesNotMatch(html, /<(?:link|iframe|script)[^>]*(?:src|href)=/);
    assert.doesNotMatch(html, /@import|url\(/);
    const window = new Window({ url: 'about:blank#Bake' });
    window.document.write(html);
    const [, script = ''] = /<script>\n([\s\S]*)<\/script>/.exec(html) ?? [];
    runInContext(script, createContext({ window, document: window.document }));
    assert.equal(
      window.document.querySelector('.task-header h2')?.textContent,
      'Bake </script> cake',
    );
  });
});

describe('embeddedJson', () => {
  it('cannot end a script element', () => {
    const value = { text: '</script><!--' };

    assert.doesNotMatch(embeddedJson(value), /</);
    assert.deepEqual(JSON.parse(embeddedJson(value)), value);
  });
});
