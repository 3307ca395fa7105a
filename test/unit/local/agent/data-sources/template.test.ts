import assert from 'node:assert/strict';
import {
  parseTemplate,
  type RenderOptions,
} from '../../../../../local/agent/data-sources/template';

const VALUES = {
  name: `a "b" & 'c' <d> ü €`,
  empty: '',
  zero: 0,
  yes: true,
  none: null,
  list: ['x', 'y'],
  items: [{ id: 1 }, { id: 2 }],
  nothing: [],
  user: { first: 'Ada', 'last-name': 'Lovelace' },
  big: 9007199254740993n,
  tag: { id: 9007199254740993n },
};

function render(template: string, options?: RenderOptions, hasMacros = false): string {
  return parseTemplate(template, { hasMacros })(VALUES, options);
}

describe('a template', () => {
  const rendered: readonly (readonly [string, string])[] = [
    ['plain text: {"a":1} $(name)', 'plain text: {"a":1} $(name)'],
    ['{{name}}', 'a &quot;b&quot; &amp; &#39;c&#39; &lt;d&gt; &#252; €'],
    ['{{{name}}}', VALUES.name],
    ['{{user.last-name}}', 'Lovelace'],
    ['{"a":{{{zero}}}}', '{"a":0}'],
    ['{{none}}|{{yes}}|{{big}}|{{zero}}', '|True|9007199254740993|0'],
    ['{{{tag}}}', '{\n  "id": "9007199254740993"\n}'],
    ['{{! a comment }}{{!-- another --}}x', 'x'],
    ['{{#yes}}on{{/yes}}{{^yes}}off{{/yes}}', 'on'],
    ['{{#empty}}on{{/empty}}{{^empty}}off{{/empty}}', 'off'],
    ['{{{#user.first}}}true{{{/user.first}}}', 'true'],
    ['{{#none}}on{{else}}off{{/none}}', 'off'],
    ['{{#nothing}}on{{else}}off{{/nothing}}', 'off'],
    ['{{#list}}{{@index}}{{this}}{{#if @last}}.{{/if}}{{/list}}', '0x1y.'],
    ['{{#each user}}{{@key}}={{this}};{{/each}}', 'first=Ada;last-name=Lovelace;'],
    ['{{#with user}}{{first}} {{../zero}}{{/with}}', 'Ada 0'],
    ['{{#items}}<{{id}}>{{/items}}', '<1><2>'],
    ['{{#if zero}}a{{else}}b{{/if}}{{#unless zero}}c{{/unless}}', 'bc'],
    ['{{equals user.first "Ada"}} {{notEquals user.first "Ada"}}', 'true false'],
    ['{{#equals user.first "Ada"}}hit{{else}}miss{{/equals}}', 'hit'],
    ['{{#contains name "zzz"}}hit{{else}}miss{{/contains}}', 'miss'],
    ['{{and yes user}} {{or zero empty}} {{and yes null}}', 'true false false'],
    ['{{add zero 1000}} {{isEqualNumber zero "0"}}', '1000 true'],
    ['{{arrayLength list}} {{ArrayLength zero}}', '2 0'],
    ['{{stringLeft name 3 "…"}} {{{stringRight name 1}}}', 'a &quot;… €'],
    ['{{stringReplace user.first "A" "$&"}}', '$&da'],
    ['Basic {{ #base64 user.first ":" "p" }}', 'Basic QWRhOnA='],
    ['{{{ #jsonEscape name}}}', `a \\"b\\" & 'c' <d> ü €`],
  ];
  for (const [template, text] of rendered) {
    it(`renders ${template}`, () => {
      assert.equal(render(template), text);
    });
  }

  it('knows $(name) where it is told to, and never reads what came out of it again', () => {
    const template = parseTemplate('$(a)/$(b.c)/{{d}}/$x/$()', { hasMacros: true });

    assert.equal(template({ a: '{{d}}', b: { c: '$(a)' }, d: '<' }), '{{d}}/$(a)/&lt;/$x/$()');
  });

  const refused: readonly (readonly [string, string])[] = [
    ['{{nonsense}}', 'there is no variable "nonsense" (known: '],
    ['{{user.second}}', 'there is no variable "user.second" (known: '],
    ['{{#nonsense}}x{{/nonsense}}', 'there is no variable "nonsense"'],
    ['{{constructor}}', 'there is no variable "constructor"'],
    ['{{frobnicate name}}', 'there is no helper "frobnicate"'],
    ['{{#if zero}}{{frobnicate name}}{{/if}}', 'there is no helper "frobnicate"'],
    [
      '{{{ #extractResource name}}}',
      'the helper "#extractResource" exists, but what it does is not',
    ],
    ['{{date name}}', 'the helper "date" exists, but what it does is not documented well enough'],
    ['{{equals user.first "ADA"}}', '"Ada" and "ADA" differ in upper and lower case only'],
    ['{{contains user.first "DA"}}', '"Ada" contains "DA" only if upper and lower case'],
    ['{{equals name}}', 'the helper "equals" does not take 1 arguments'],
    ['{{add name 1}}', 'is not a number'],
    ['{{#add zero 1}}x{{/add}}', 'a helper that gives text cannot be a block'],
    ['{{#if}}x{{/if}}', '"#if" takes one variable'],
    ['{{name', 'it is not a valid template, near: {{name'],
    ['{{> partial}}', 'a PartialStatement is not supported'],
    ['{{"text"}}', 'a StringLiteral in place of a variable is not supported'],
    ['{{add (add 1 2) 3}}', 'a SubExpression as an argument is not supported'],
    ['{{add zero by=1}}', '"by=" is not supported'],
    ['{{name x=1}}', '"x=" is not supported'],
    ['{{#each list as |x|}}{{/each}}', '"as |name|" is not supported'],
    ['{{~name}}', '"~" and "&" within braces are not supported'],
  ];
  for (const [template, message] of refused) {
    it(`refuses ${template}`, () => {
      assert.throws(
        () => render(template),
        (error: Error) => error.name === 'TemplateError' && error.message.includes(message),
      );
    });
  }

  it('renders what may be missing as nothing, and tells which variable it was', () => {
    const missing: string[] = [];
    const onMissing = (name: string): void => void missing.push(name);

    const text = render('[{{user.second}}{{#user.third}}x{{/user.third}}]', {
      optional: ['user'],
      onMissing,
    });

    assert.equal(text, '[]');
    assert.deepEqual(missing, ['user.second', 'user.third']);
    assert.throws(() => render('{{users}}', { optional: ['user'] }), /no variable "users"/);
    assert.equal(render('{{users}}', { optional: ['*'] }), '');
  });
});
