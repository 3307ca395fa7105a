import type { FullInput, LoadedManifest } from './load-manifests';

/** What pipelines rely on: names, types, defaults, options and required of all inputs, names of all outputs. */
export type Contract = Readonly<Record<string, TaskContract>>;

export interface TaskContract {
  readonly id: string;
  readonly major: number;
  readonly inputs: Readonly<Record<string, InputContract>>;
  readonly outputs: readonly string[];
}

export interface InputContract {
  readonly type: string;
  readonly aliases: readonly string[];
  readonly defaultValue: string;
  readonly required: boolean;
  readonly options: readonly string[];
}

/** The contract that the manifests promise now. */
export function computeContract(manifests: readonly LoadedManifest[]): Contract {
  return Object.fromEntries(
    manifests.map(({ manifest }) => [
      `${manifest.name}@${manifest.version.Major}`,
      {
        id: manifest.id,
        major: manifest.version.Major,
        inputs: Object.fromEntries(manifest.inputs.map((input) => [input.name, toContract(input)])),
        outputs: (manifest.outputVariables ?? []).map(({ name }) => name),
      },
    ]),
  );
}

function toContract(input: FullInput): InputContract {
  return {
    type: input.type,
    aliases: input.aliases ?? [],
    defaultValue: String(input.defaultValue ?? ''),
    required: input.required ?? false,
    options: Object.keys(input.options ?? {}),
  };
}

/** Everything in `current` that breaks pipelines written for `committed`; each needs a new major version. */
export function findBreaks(committed: Contract, current: Contract): string[] {
  return Object.entries(committed).flatMap(([task, promised]) => {
    const now = current[task];
    if (!now) return [`${task} is gone`];
    return [
      ...(now.id === promised.id ? [] : [`${task} has another id`]),
      ...missing(promised.outputs, now.outputs).map((name) => `${task}: output ${name} is gone`),
      ...findInputBreaks(task, promised, now),
    ];
  });
}

function findInputBreaks(task: string, promised: TaskContract, now: TaskContract): string[] {
  const broken = Object.entries(promised.inputs).flatMap(([name, old]) => {
    const input = now.inputs[name];
    if (!input) return [`${task}: input ${name} is gone`];
    const place = `${task}: input ${name}`;
    return [
      ...(input.type === old.type ? [] : [`${place} has another type`]),
      ...(input.defaultValue === old.defaultValue ? [] : [`${place} has another default`]),
      ...(input.required && !old.required ? [`${place} is required now`] : []),
      ...missing(old.options, input.options).map((option) => `${place} lost the option ${option}`),
      ...missing(old.aliases, input.aliases).map((alias) => `${place} lost the alias ${alias}`),
    ];
  });
  const added = Object.entries(now.inputs)
    .filter(([name, input]) => !(name in promised.inputs) && input.required)
    .map(([name]) => `${task}: the new input ${name} is required`);
  return [...broken, ...added];
}

function missing(old: readonly string[], now: readonly string[]): string[] {
  return old.filter((item) => !now.includes(item));
}
