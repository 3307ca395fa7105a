import { isMap, isSeq } from 'yaml';
import type { InputEntry, StepAction, StepDefinition, StepTarget } from './model';
import { readCondition } from './read-condition';
import { MappingReader, readEntries, readItems, readText, type YamlReader } from './yaml-source';

type ActionReader = (reader: YamlReader, step: MappingReader) => StepAction | undefined;

const ACTIONS: ReadonlyMap<string, ActionReader> = new Map<string, ActionReader>([
  ['task', readTask],
  ['bash', (_reader, step) => readScript(step, 'bash')],
  ['script', (_reader, step) => readScript(step, 'script')],
  ['checkout', readCheckout],
  ['publish', (_reader, step) => readPublish(step)],
  ['download', readDownload],
]);

const OTHER_STEPS = [
  'pwsh',
  'powershell',
  'template',
  'getPackage',
  'reviewApp',
  'downloadBuild',
  'upload',
];

/** Reads `steps:`. */
export function readSteps(reader: YamlReader, node: unknown): readonly StepDefinition[] {
  return readItems(reader, node, '"steps"').flatMap((item) => readStep(reader, item) ?? []);
}

function readStep(reader: YamlReader, node: unknown): StepDefinition | undefined {
  const step = new MappingReader(reader, node, 'a step');
  const other = step.firstOf(OTHER_STEPS);
  if (other !== undefined) {
    step.refuse(other);
    return undefined;
  }
  const kind = step.firstOf([...ACTIONS.keys()]);
  if (kind === undefined) {
    if (isMap(node))
      reader.problems.add(step.at, `A step needs one of: ${[...ACTIONS.keys()].join(', ')}`);
    return undefined;
  }
  const action = ACTIONS.get(kind)?.(reader, step);
  const definition = readCommon(reader, step);
  step.finish();
  return action === undefined ? undefined : { ...definition, action };
}

function readCommon(reader: YamlReader, step: MappingReader): Omit<StepDefinition, 'action'> {
  const name = step.text('name');
  if (name !== undefined && !/^[-_A-Za-z0-9]*$/.test(name)) {
    reader.problems.add(
      step.positionOf('name'),
      `"${name}" is no step name: letters, digits, "-" and "_" only`,
    );
  }
  const displayName = step.text('displayName');
  const condition = readCondition(reader, step, 'step');
  const target = readTarget(reader, step);
  const retryCount = Math.min(10, Math.trunc(step.number('retryCountOnTaskFailure', 0)));
  return {
    ...(name ? { name } : {}),
    ...(displayName === undefined ? {} : { displayName }),
    ...(condition === undefined ? {} : { condition }),
    ...(target === undefined ? {} : { target }),
    isEnabled: step.boolean('enabled', true),
    continueOnError: step.boolean('continueOnError', false),
    timeoutInMinutes: step.number('timeoutInMinutes', 0),
    retryCount,
    env: readEnv(reader, step),
    at: step.at,
  };
}

function readEnv(reader: YamlReader, step: MappingReader): ReadonlyMap<string, string> {
  const node = step.take('env');
  if (node === undefined) return new Map();
  return new Map(
    readEntries(reader, node, '"env"').map(({ key, value }) => [
      key,
      readText(reader, value, `"${key}"`) ?? '',
    ]),
  );
}

function readTarget(reader: YamlReader, step: MappingReader): StepTarget | undefined {
  const node = step.take('target');
  if (node === undefined) return undefined;
  if (!isMap(node)) {
    const text = readText(reader, node, '"target"');
    if (text !== 'host')
      reader.problems.add(step.positionOf('target'), 'Only the target "host" is supported');
    return undefined;
  }
  const target = new MappingReader(reader, node, '"target"');
  target.refuse('container');
  const commands = target.text('commands') ?? 'any';
  if (commands !== 'any' && commands !== 'restricted') {
    reader.problems.add(
      target.positionOf('commands'),
      `"commands" is any or restricted, found "${commands}"`,
    );
  }
  const settable = readSettable(reader, target);
  target.finish();
  return {
    isRestricted: commands === 'restricted',
    ...(settable ? { settableVariables: settable } : {}),
  };
}

function readSettable(reader: YamlReader, target: MappingReader): readonly string[] | undefined {
  const node = target.take('settableVariables');
  if (node === undefined) return undefined;
  if (isSeq(node))
    return node.items.map((item) => readText(reader, item, '"settableVariables"') ?? '');
  const text = readText(reader, node, '"settableVariables"');
  if (text !== 'none') {
    reader.problems.add(
      target.positionOf('settableVariables'),
      '"settableVariables" is none or a list of names',
    );
  }
  return [];
}

function readTask(reader: YamlReader, step: MappingReader): StepAction {
  const reference = step.text('task') ?? '';
  const node = step.take('inputs');
  const inputs: InputEntry[] = [];
  for (const { key, value, at } of node === undefined || node === null
    ? []
    : readEntries(reader, node, '"inputs"')) {
    inputs.push({ name: key, value: readText(reader, value, `input "${key}"`) ?? '', at });
  }
  return { kind: 'task', reference, inputs };
}

function readScript(step: MappingReader, shell: 'bash' | 'script'): StepAction {
  const workingDirectory = step.text('workingDirectory');
  return {
    kind: 'script',
    shell,
    script: step.text(shell) ?? '',
    failOnStderr: step.boolean('failOnStderr', false),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
  };
}

function readCheckout(reader: YamlReader, step: MappingReader): StepAction {
  const repository = step.text('checkout') ?? '';
  step.ignore(
    'clean',
    'fetchDepth',
    'fetchTags',
    'fetchFilter',
    'lfs',
    'persistCredentials',
    'submodules',
  );
  step.refuse('path', 'sparseCheckoutDirectories', 'sparseCheckoutPatterns', 'workspaceRepo');
  if (repository !== 'self' && repository !== 'none') {
    reader.problems.add(
      step.positionOf('checkout'),
      `Only "checkout: self" and "checkout: none" are supported, found "${repository}"`,
    );
  }
  return {
    kind: 'checkout',
    repository: repository === 'none' ? 'none' : 'self',
  };
}

function readPublish(step: MappingReader): StepAction {
  return {
    kind: 'publish',
    path: step.text('publish') ?? '',
    artifact: step.text('artifact') ?? 'drop',
  };
}

function readDownload(reader: YamlReader, step: MappingReader): StepAction {
  const from = step.text('download') ?? '';
  const artifact = step.text('artifact');
  step.refuse('patterns', 'path');
  if (from !== 'current' && from !== 'none') {
    reader.problems.add(
      step.positionOf('download'),
      `Only "download: current" and "download: none" are supported, found "${from}"`,
    );
  }
  return { kind: 'download', isNone: from === 'none', ...(artifact ? { artifact } : {}) };
}
