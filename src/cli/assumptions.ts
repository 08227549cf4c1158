import type { Assumptions } from '../cost/costed-step.js';
import { UsageError } from '../diagnostics/errors.js';
import type { Study } from '../workflow/study.js';

const fields = {
  'row-tokens': 'rowTokens',
  'prompt-tokens': 'promptTokens',
  'response-tokens': 'responseTokens',
} as const;

/**
 * Reads `--assume NAME=N`: `row-tokens`, `prompt-tokens`, `response-tokens`, or `DATASET.rows`.
 * @throws UsageError for a name that means nothing, or what is not a count
 */
export function assumptionsOf(given: readonly string[], { cells }: Pick<Study, 'cells'>): Assumptions {
  const tokens: { -readonly [K in (typeof fields)[keyof typeof fields]]?: number } = {};
  const rows = new Map<string, number>();
  for (const text of given) {
    const [, name = '', digits = ''] = /^(.+)=(\d{1,12})$/.exec(text) ?? [];
    const dataset = /^(?:datasets\.)?(.+)\.rows$/.exec(name)?.[1];
    if (digits === '' || Number(digits) === 0) {
      throw new UsageError(`--assume ${text}: it is not NAME=N with a count N above 0`, { hint: usage });
    }
    if (Object.hasOwn(fields, name)) tokens[fields[name as keyof typeof fields]] = Number(digits);
    else if (dataset !== undefined && cells.some(({ workflow }) => workflow.datasets.has(dataset)))
      rows.set(dataset, Number(digits));
    else throw new UsageError(`--assume ${name}: there is no such number to assume`, { hint: usage });
  }
  return { ...tokens, rows };
}

const usage = 'Names are row-tokens, prompt-tokens, response-tokens, and DATASET.rows of a dataset of the workflow.';
