import assert from 'node:assert/strict';
import { parseAccessControlList } from '../../../../../shared/pipeline/inputs/access-control-list';

describe('parseAccessControlList', () => {
  const example = '[{"group_name": "data-engineers", "permission_level": "CAN_VIEW"}]';
  const parse = (text: string) =>
    parseAccessControlList(text, { levels: ['CAN_VIEW', 'CAN_RUN', 'CAN_MANAGE'], example });

  it('knows users, groups and service principals', () => {
    const list = parse(
      '[{"user_name":"me@x.test","permission_level":"CAN_RUN"},{"group_name":"g","permission_level":"CAN_VIEW"},{"service_principal_name":"s","permission_level":"CAN_MANAGE"}]',
    );

    assert.deepEqual(list, [
      { principal: { kind: 'user', name: 'me@x.test' }, permissionLevel: 'CAN_RUN' },
      { principal: { kind: 'group', name: 'g' }, permissionLevel: 'CAN_VIEW' },
      { principal: { kind: 'service-principal', name: 's' }, permissionLevel: 'CAN_MANAGE' },
    ]);
  });

  it('takes YAML', () => {
    const list = parse('- group_name: devs\n  permission_level: CAN_RUN\n');

    assert.deepEqual(list, [
      { principal: { kind: 'group', name: 'devs' }, permissionLevel: 'CAN_RUN' },
    ]);
  });

  it('takes one name for a user, a group and a service principal', () => {
    const list = parse(
      '[{"user_name":"x","permission_level":"CAN_VIEW"},{"group_name":"x","permission_level":"CAN_VIEW"},{"service_principal_name":"x","permission_level":"CAN_VIEW"}]',
    );

    assert.equal(list.length, 3);
  });

  it('takes two groups whose names differ in case', () => {
    const list = parse(
      '[{"group_name":"x","permission_level":"CAN_VIEW"},{"group_name":"X","permission_level":"CAN_VIEW"}]',
    );

    assert.equal(list.length, 2);
  });

  it('is empty for nothing', () => {
    assert.deepEqual(parse(''), []);
  });

  const onePrincipal = `entry 1 needs exactly one of user_name, group_name or service_principal_name, as in ${example}.`;
  const refused: [title: string, text: string, message: string][] = [
    ['an object', '{}', `expected a list of objects such as ${example}, got an object.`],
    ['nobody', '[{"permission_level":"CAN_VIEW"}]', onePrincipal],
    [
      'two at once',
      '[{"user_name":"a","group_name":"b","permission_level":"CAN_VIEW"}]',
      onePrincipal,
    ],
    ['an empty name', '[{"user_name":"","permission_level":"CAN_VIEW"}]', onePrincipal],
    ['a number for a name', '[{"user_name":7,"permission_level":"CAN_VIEW"}]', onePrincipal],
    [
      'no level',
      '[{"user_name":"a"}]',
      'entry 1 has the permission_level "", expected CAN_VIEW, CAN_RUN, CAN_MANAGE.',
    ],
    [
      'an unknown level in the second entry',
      '[{"user_name":"a","permission_level":"CAN_VIEW"},{"user_name":"b","permission_level":"can_view"}]',
      'entry 2 has the permission_level "can_view", expected CAN_VIEW, CAN_RUN, CAN_MANAGE.',
    ],
    [
      'an unknown member',
      '[{"user_name":"a","permission_level":"CAN_VIEW","x":1}]',
      'entry 1 has an unknown member "x".',
    ],
    [
      'a member that objects have by themselves',
      '[{"toString":"a","permission_level":"CAN_VIEW"}]',
      onePrincipal,
    ],
    [
      'a group that is named twice',
      '[{"group_name":"a","permission_level":"CAN_VIEW"},{"group_name":"b","permission_level":"CAN_VIEW"},{"group_name":"a","permission_level":"CAN_RUN"}]',
      'entries 1 and 3 are both for the group a; keep one of them.',
    ],
    [
      'a user who is named twice, in another case',
      '[{"user_name":"me@x.test","permission_level":"CAN_VIEW"},{"user_name":"Me@x.test","permission_level":"CAN_VIEW"}]',
      'entries 1 and 2 are both for the user Me@x.test; keep one of them.',
    ],
    [
      'a service principal that is named twice',
      '[{"service_principal_name":"a1","permission_level":"CAN_VIEW"},{"service_principal_name":"A1","permission_level":"CAN_VIEW"}]',
      'entries 1 and 2 are both for the service principal A1; keep one of them.',
    ],
  ];
  for (const [title, text, message] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => parse(text), { name: 'InputError', message });
    });
  }
});
