import { parseExpression } from '../expressions/parser';
import { ExpressionSyntaxError } from '../expressions/tokenizer';
import type { Condition } from './model';
import type { MappingReader, YamlReader } from './yaml-source';

/** Where a condition stands; it decides what the condition sees. */
export type ConditionPlace = 'stage' | 'job' | 'step';

const NAMES: Readonly<Record<ConditionPlace, readonly string[]>> = {
  stage: ['variables', 'dependencies', 'pipeline'],
  job: ['variables', 'dependencies', 'stageDependencies', 'pipeline'],
  step: ['variables'],
};

/** Reads `condition:`; undefined when there is none or it is empty. */
export function readCondition(
  reader: YamlReader,
  mapping: MappingReader,
  place: ConditionPlace,
): Condition | undefined {
  const text = mapping.text('condition')?.trim();
  if (text === undefined || text === '') return undefined;
  try {
    const scope = { names: NAMES[place], hasStatusFunctions: true };
    return { text, expression: parseExpression(text, scope) };
  } catch (error) {
    if (!(error instanceof ExpressionSyntaxError)) throw error;
    reader.problems.add(mapping.positionOf('condition'), `Bad condition: ${error.message}`);
    return undefined;
  }
}
