import type { Transforms } from '../formats/dataset-choices.js';
import { type AssumedName, atEnd, type CostedStep } from './costed-step.js';
import { alike, type Described, limited, type TokenLengths } from './described.js';

/** Rows of an input of JSON lines, the first `limit` of them. */
export function rowsOf(step: CostedStep, input: string, limit: number | null = null): number {
  const { rows = 0 } = step.input(input);
  return limit === null ? rows : Math.min(limit, rows);
}

/** Rows that are left of so many: `take` rows are there, or the step fails. */
export function transformedRows(step: CostedStep, dataset: string, all: number, transforms: Transforms): number {
  const { where, skip = 0, take } = transforms;
  if (take !== undefined) return take;
  const behind = Math.max(0, all - skip);
  if (where === undefined) return behind;
  step.unknown(
    `rows of ${dataset} that \`where\` keeps`,
    Number.isFinite(all) ? `at most ${behind.toLocaleString('en')}` : 'nothing bounds them before it is fetched',
  );
  return atEnd(step, Math.min(1, behind), behind);
}

/** A number that the user gives, cut at what the workflow allows, which is then noted. @returns undefined: none is given */
export function assumedUpTo(step: CostedStep, name: AssumedName, most: number, by: string): number | undefined {
  const given = step.assumed(name);
  if (given === undefined || given <= most) return given;
  step.unknown(
    `${name} of ${step.origin}`,
    `${most.toLocaleString('en')} ${by}, not the ${given.toLocaleString('en')} assumed`,
  );
  return most;
}

/** Lengths of the prompts that a step makes of its first rows. */
export function promptLengths(
  step: CostedStep,
  dataset: string,
  count: number,
  most: { readonly tokens: number; readonly by: string },
): TokenLengths {
  if (step.known.prompts !== undefined) return limited(step.known.prompts, count);
  const promptTokens = assumedUpTo(step, 'prompt-tokens', most.tokens, most.by);
  if (promptTokens !== undefined) return alike(count, promptTokens);
  step.unknown(
    `tokens of a prompt of ${dataset}`,
    `at most ${most.tokens.toLocaleString('en')}, ${most.by}; \`--assume prompt-tokens=N\` sets them`,
  );
  return alike(count, atEnd(step, 1, most.tokens));
}

/** Tokens of a response of at most so many. */
export function responseTokens(step: CostedStep, most: number): number {
  if (most <= 1) return most;
  const assumed = assumedUpTo(step, 'response-tokens', most, 'by max-tokens');
  if (assumed !== undefined) return assumed;
  step.unknown('tokens of a response', 'from 1 to max-tokens; `--assume response-tokens=N` sets them');
  return atEnd(step, 1, most);
}

/** JSON lines of which only the number is known: their text is not counted. */
export function jsonLines(rows: number): Described {
  return { bytes: 0, rows };
}
