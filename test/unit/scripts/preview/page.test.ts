import assert from 'node:assert/strict';
import { type HTMLElement, type HTMLInputElement, Window } from 'happy-dom';
import sinon from 'sinon';
import { repositoryRoot } from '../../../../scripts/manifests/load-manifests';
import { mountPreview } from '../../../../scripts/preview/page/app';
import type { PreviewData } from '../../../../scripts/preview/page/model';
import { loadPreviewData } from '../../../../scripts/preview/preview-data';
import { aTask, previewData } from './builders';

/** The page in a document of its own, with what a user can see and do. */
function openPage(data: PreviewData = previewData(), place = '') {
  const window = new Window();
  const { document } = window;
  const onGo = sinon.spy();
  const go = mountPreview(document, data, onGo);
  go(place);
  const find = (selector: string): HTMLElement => {
    const found = document.querySelector(selector);
    assert.ok(found, `there is no ${selector}`);
    return found as HTMLElement;
  };
  const field = (name: string) => find(`[data-input="${name}"]`);
  const box = (name: string) =>
    find(`[data-input="${name}"] :is(input, textarea)`) as HTMLInputElement;
  return {
    document,
    go,
    onGo,
    find,
    field,
    box,
    click: (selector: string) => find(selector).click(),
    type(name: string, text: string): void {
      box(name).value = text;
      box(name).dispatchEvent(new window.Event('input', { bubbles: true }));
    },
    check: (name: string) => box(name).click(),
    press: (name: string, key: string) =>
      box(name).dispatchEvent(new window.KeyboardEvent('keydown', { key, bubbles: true })),
    choose: (name: string, value: string) =>
      find(`[data-input="${name}"] [data-value="${value}"]`).dispatchEvent(
        new window.MouseEvent('mousedown', { bubbles: true, cancelable: true }),
      ),
    options: (name: string) =>
      [...field(name).querySelectorAll('.option')].map((row) => row.textContent),
    isShown: (element: HTMLElement) => element.closest('[hidden]') === null,
    hint: (name: string) => field(name).querySelector('.hint')?.textContent,
    group: (name: string) => find(`[data-group="${name}"]`),
    yaml: () => find('.yaml').textContent,
    row: (name: string) => find(`[data-place="${name}"]`),
  };
}

describe('the form of a task', () => {
  it('has inputs without group before the groups, in the order of task.json', () => {
    const { document } = openPage();

    assert.deepEqual(
      [...document.querySelectorAll('.form [data-input]')].map((field) =>
        field.getAttribute('data-input'),
      ),
      [
        ...['version', 'displayName', 'cake', 'iced', 'recipe'],
        ...['heat', 'degrees', 'kitchen', 'cluster', 'colour'],
        ...['isEnabled', 'continueOnError', 'retryCount', 'timeoutMinutes', 'condition'],
        'referenceName',
      ],
    );
  });

  it('shows an input when its rule begins to hold, and hides it again', () => {
    const { click, choose, field, isShown } = openPage();
    assert.equal(isShown(field('degrees')), true);

    click('[data-input="heat"] .arrow');
    choose('heat', 'fan');
    assert.equal(isShown(field('degrees')), false);

    click('[data-input="heat"] .arrow');
    choose('heat', 'top');
    assert.equal(isShown(field('degrees')), true);
  });

  it('shows a group only while its rule holds', () => {
    const { check, group, isShown } = openPage();
    assert.equal(isShown(group('icing')), false);

    check('iced');
    assert.equal(isShown(group('icing')), true);

    check('iced');
    assert.equal(isShown(group('icing')), false);
  });

  it('hides a group that has nothing to show', () => {
    const inputs = [
      { name: 'a', type: 'string', label: 'A' },
      { name: 'b', type: 'string', label: 'B', groupName: 'oven', visibleRule: 'a = 1' },
    ];
    const { group, isShown, type } = openPage(previewData([aTask({ inputs })]));
    assert.equal(isShown(group('oven')), false);

    type('a', '1');

    assert.equal(isShown(group('oven')), true);
  });

  it('opens groups as task.json says, and by a click', () => {
    const { check, click, field, isShown } = openPage();
    check('iced');
    assert.equal(isShown(field('heat')), true);
    assert.equal(isShown(field('colour')), false);

    click('[data-group="icing"] .section-header');
    click('[data-group="oven"] .section-header');

    assert.equal(isShown(field('heat')), false);
    assert.equal(isShown(field('colour')), true);
  });

  it('says that a required input is empty, in the form and in the list', () => {
    const { hint, row, type } = openPage();
    assert.equal(hint('cake'), 'This setting is required.');
    assert.match(row('Bake').textContent, /Some settings need attention$/);

    type('cake', 'tart');

    assert.equal(hint('cake'), '');
    assert.match(row('Bake').textContent, /Bake a cake$/);
  });

  it('makes up the display name until one is typed', () => {
    const { box, row, type } = openPage();
    type('cake', 'tart');
    assert.equal(box('displayName').value, 'Bake tart on $(Agent.Name)');

    type('displayName', 'My cake');
    type('cake', 'pie');

    assert.equal(box('displayName').value, 'My cake');
    assert.match(row('Bake').textContent, /My cakeBake a cake$/);
  });

  it('takes text that is no option where the pickList allows it', () => {
    const { type, yaml } = openPage();

    type('heat', '$(heat)');
    assert.match(yaml(), /heat: \$\(heat\)\n/);

    type('heat', 'Fan');
    assert.match(yaml(), /heat: fan\n/);
  });

  it('chooses an option by the keys', () => {
    const { box, press, options } = openPage();
    press('heat', 'ArrowDown');
    assert.deepEqual(options('heat'), ['From above', 'Fan']);
    press('heat', 'ArrowDown');
    press('heat', 'Enter');

    assert.equal(box('heat').value, 'Fan');
    assert.deepEqual(options('heat'), []);
  });

  it('offers what comes from a service connection once that is chosen', () => {
    const { click, field, options, type } = openPage();
    click('[data-input="cluster"] .arrow');
    assert.equal(field('cluster').querySelector('.none')?.textContent, 'No results found.');
    click('[data-input="cluster"] .arrow');

    type('kitchen', 'databricks-dev');
    click('[data-input="cluster"] .arrow');

    assert.equal(options('cluster')[0], 'shared-ml (0923-164208-meows279)');
  });

  it('lists the output variables by the reference name', () => {
    const { find, type } = openPage();
    assert.equal(find('.outputs').textContent, 'weightGrams.');

    type('referenceName', 'cake');

    assert.equal(find('.outputs').textContent, 'cake.weightGrams.');
  });

  it('says that there are no output variables', () => {
    const { find } = openPage(previewData([aTask({ outputVariables: [] })]));

    assert.equal(
      find('.outputs').textContent,
      'There are no output variables associated with this task.',
    );
  });

  it('keeps what was typed while another place is looked at', () => {
    const { box, go, type } = openPage();
    type('cake', 'tart');

    go('connection:databricksworkspace');
    go('Bake');

    assert.equal(box('cake').value, 'tart');
  });

  it('shows a type it does not know as a text box', () => {
    const inputs = [{ name: 'who', type: 'identities', label: 'Who' }];
    const { type, yaml } = openPage(previewData([aTask({ inputs, groups: [] })]));

    type('who', 'me');

    assert.match(yaml(), /who: me\n/);
  });

  it('has radio buttons', () => {
    const options = { s: 'Small', l: 'Large' };
    const inputs = [{ name: 'size', type: 'radio', label: 'Size', options, defaultValue: 's' }];
    const { document, yaml } = openPage(previewData([aTask({ inputs, groups: [] })]));

    (document.querySelectorAll('[type="radio"]')[1] as HTMLElement).click();

    assert.match(yaml(), /size: l\n/);
  });
});

describe('the YAML beside the form', () => {
  it('is shown on demand and follows the form', () => {
    const { click, find, isShown, type, yaml } = openPage();
    assert.equal(isShown(find('.yaml')), false);

    click('.view-yaml');
    type('cake', 'tart');

    assert.equal(isShown(find('.yaml')), true);
    assert.equal(
      yaml(),
      '- task: DatabricksBake@3\n  inputs:\n    kind: tart\n    degrees: "180"\n',
    );
  });
});

describe('a help text', () => {
  it('opens by its (i), one at a time, and closes by Escape', () => {
    const inputs = [
      { name: 'a', type: 'string', label: 'A', helpMarkDown: 'First.' },
      { name: 'b', type: 'string', label: 'B', helpMarkDown: 'Second.' },
    ];
    const { click, field, isShown, press } = openPage(previewData([aTask({ inputs, groups: [] })]));
    const callout = (name: string) => field(name).querySelector('.callout') as HTMLElement;

    click('[data-input="a"] .info');
    assert.deepEqual([isShown(callout('a')), isShown(callout('b'))], [true, false]);
    click('[data-input="b"] .info');
    assert.deepEqual([isShown(callout('a')), isShown(callout('b'))], [false, true]);
    press('a', 'Escape');
    assert.deepEqual([isShown(callout('a')), isShown(callout('b'))], [false, false]);
  });

  it('brings no element of its own into the page', () => {
    const evil = '<img src=x onerror=alert(1)><script>alert(1)</script>';
    const task = aTask({
      friendlyName: evil,
      description: evil,
      helpMarkDown: evil,
      instanceNameFormat: evil,
      groups: [{ name: 'g', displayName: evil }],
      inputs: [
        {
          name: 'a',
          type: 'pickList',
          label: evil,
          helpMarkDown: evil,
          groupName: 'g',
          options: { [evil]: evil },
        },
      ],
      outputVariables: [{ name: 'x', description: evil }],
    });
    const { click, document, find } = openPage(previewData([task]));

    click('[data-input="a"] .arrow');

    assert.equal(document.querySelectorAll('img, script').length, 0);
    assert.match(find('[data-input="a"] .callout').textContent, /<img src=x onerror=alert\(1\)>/);
  });
});

describe('the dialog of a service connection', () => {
  it('is opened by New', () => {
    const { click, document, find, onGo } = openPage();

    click('[data-input="kitchen"] .new');

    assert.equal(find('.dialog h2').textContent, 'New Kitchen service connection');
    assert.deepEqual(onGo.lastCall.args, ['connection:databricksworkspace']);
    assert.equal(document.querySelector('.dialog b'), null);
  });

  it('verifies what is filled in', () => {
    const { click, find, hint, type } = openPage(previewData(), 'connection:databricksworkspace');
    click('.verify-row .action');
    assert.deepEqual(
      [hint('url'), hint('apitoken'), find('.verified').textContent],
      ['This setting is required.', 'This setting is required.', ''],
    );

    type('url', 'https://kitchen.test/');
    type('apitoken', 'key');
    click('.verify-row .action');

    assert.deepEqual(
      [hint('url'), hint('apitoken'), find('.verified').textContent],
      ['', '', 'Verification Succeeded'],
    );
  });

  it('asks for a name before it saves, which it does not', () => {
    const { click, find, hint, type } = openPage(previewData(), 'connection:databricksworkspace');
    type('url', 'https://kitchen.test/');
    type('apitoken', 'key');
    click('.primary');
    assert.equal(hint('connectionName'), 'This setting is required.');

    type('connectionName', 'kitchen');
    click('.primary');

    assert.match(find('.verified').textContent, /The preview saves nothing\.$/);
  });

  it('hides secrets, and asks what the chosen scheme needs', () => {
    const { box, choose, click, document } = openPage(
      previewData(),
      'connection:databricksworkspace',
    );
    assert.equal(box('apitoken').type, 'password');

    click('[data-input="scheme"] .arrow');
    choose('scheme', 'none');

    assert.equal(document.querySelector('[data-input="apitoken"]'), null);
  });
});

describe('the list of places', () => {
  it('leads to every task, and an unknown place to the first', () => {
    const { go, onGo, row } = openPage();

    row('connection:databricksworkspace').click();
    go('Nowhere');

    assert.deepEqual(
      onGo.args.map(([place]) => place),
      ['Bake', 'connection:databricksworkspace', 'Bake'],
    );
    assert.equal(row('Bake').getAttribute('aria-current'), 'true');
  });

  it('leads to a form of every task of this repository', () => {
    const data = loadPreviewData(repositoryRoot);
    const { document, find, go } = openPage(data);

    const shown = data.tasks.map(({ folder }) => {
      go(folder);
      const controls = document.querySelectorAll('.form [id^="input-"]').length;
      return [find('.task-header h2').textContent, controls];
    });

    assert.deepEqual(
      shown,
      data.tasks.map(({ friendlyName, inputs }) => [friendlyName, inputs.length]),
    );
  });
});
