import type { styler } from '../terminal-styles';
import type {
  ConnectionDescription,
  DescribedGroup,
  DescribedInput,
  DescribedList,
  Description,
  TaskDescription,
} from './description';
import type { Choice } from './task-form';

type Paint = ReturnType<typeof styler>;

/** Whether nothing is wrong: no problem, no failed list, every connection verified. */
export function isFlawless(description: Description): boolean {
  if (description.problems.length > 0) return false;
  if (description.kind === 'connection') {
    return description.connections.every(
      ({ isVerified, sources }) =>
        isVerified && sources.every(({ reason }) => reason === undefined),
    );
  }
  return description.groups
    .flatMap(({ inputs }) => inputs)
    .every(({ list }) => list === undefined || (!list.isFailed && list.invalid.length === 0));
}

/** The description as lines for people. Names from the outside are shown without control characters. */
export function describeInLines(description: Description, paint: Paint): readonly string[] {
  const lines =
    description.kind === 'task'
      ? describeForm(description, paint)
      : describeConnection(description, paint);
  const { problems } = description;
  return [
    ...lines,
    ...(problems.length === 0 ? [] : ['', paint('Problems', 'bold')]),
    ...problems.map((problem) => paint(`  ${printable(problem)}`, 'red')),
  ];
}

function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Bidi_Control}/gu, '\ufffd');
}

function describeForm(task: TaskDescription, paint: Paint): readonly string[] {
  const title = `${task.friendlyName} (${task.name}@${task.version})`;
  return [
    paint(printable(title), 'bold'),
    ...task.groups
      .filter(({ inputs }) => inputs.length > 0)
      .flatMap((group) => describeGroup(group, paint)),
  ];
}

function describeGroup(group: DescribedGroup, paint: Paint): readonly string[] {
  const state = group.isExpanded ? '' : ' (closed at first)';
  return [
    '',
    ...(group.name === '' ? [] : [paint(printable(`${group.label}${state}`), 'cyan')]),
    ...group.inputs.flatMap((input) => describeInput(input, paint)),
  ];
}

function describeInput(input: DescribedInput, paint: Paint): readonly string[] {
  const { name, label, type, value, defaultValue, options, list } = input;
  const facts = [
    type,
    ...(input.isRequired ? ['required'] : []),
    ...(defaultValue === '' ? [] : [`default ${printable(JSON.stringify(defaultValue))}`]),
    ...(value === defaultValue ? [] : [`value ${printable(JSON.stringify(value))}`]),
    ...(type === 'pickList' && !input.isEditable ? ['no free text'] : []),
    ...(input.isVisible === false ? ['hidden'] : []),
    ...(input.isVisible === undefined ? ['shown or hidden by a variable'] : []),
  ];
  const head = `  ${printable(label)}  ${paint(`${name}: ${facts.join(', ')}`, 'grey')}`;
  return [
    head,
    ...describeChoices(options),
    ...(list === undefined
      ? []
      : [...describeRemark(list, '    ', paint), ...describeList(list, paint)]),
  ];
}

function describeRemark(
  { urlRemark }: { readonly urlRemark?: string },
  indent: string,
  paint: Paint,
): readonly string[] {
  return urlRemark === undefined ? [] : [paint(`${indent}${printable(urlRemark)}`, 'yellow')];
}

function describeChoices(choices: readonly Choice[]): readonly string[] {
  const width = Math.min(48, Math.max(0, ...choices.map(({ value }) => value.length)));
  return choices.map(
    ({ value, text }) => `      ${printable(value).padEnd(width)}  ${printable(text)}`,
  );
}

function describeList(list: DescribedList, paint: Paint): readonly string[] {
  if (list.reason !== undefined) {
    return [`    ${paint(printable(list.reason), list.isFailed ? 'red' : 'yellow')}`];
  }
  const count = list.entries.length;
  const head = `    ${plural(count, 'entry', 'entries')} of ${list.source} through "${list.connection ?? ''}", ${plural(list.calls, 'call', 'calls')}${list.isCut ? '; there are more, but the service stops here' : ''}`;
  return [
    printable(head),
    ...list.invalid.map((text) => paint(`    The resultTemplate gives ${printable(text)}`, 'red')),
    ...(list.encodedCount === 0
      ? []
      : [
          paint(
            `    ${list.encodedCount} of the texts hold HTML entities, from {{…}} in the resultTemplate; {{{…}}} would give none`,
            'yellow',
          ),
        ]),
    ...list.missing.map((name) =>
      paint(`    No item has "${name}", which the resultTemplate shows as nothing`, 'yellow'),
    ),
    ...describeChoices(list.entries),
  ];
}

function describeConnection(
  { type, displayName, connections }: ConnectionDescription,
  paint: Paint,
): readonly string[] {
  return [
    paint(printable(`${displayName} (${type})`), 'bold'),
    ...connections.flatMap(({ name, verify, isVerified, sources, ...rest }) => [
      '',
      paint(printable(name), 'cyan'),
      ...describeRemark(rest, '  ', paint),
      `  Verify: ${paint(printable(verify), isVerified ? 'green' : 'red')}`,
      ...sources.map((source) =>
        source.reason === undefined
          ? `  ${source.name}: ${plural(source.count, 'item', 'items')}, ${plural(source.calls, 'call', 'calls')}${source.isCut ? '; there are more, but the service stops here' : ''}`
          : paint(`  ${source.name}: ${printable(source.reason)}`, 'red'),
      ),
    ]),
  ];
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
