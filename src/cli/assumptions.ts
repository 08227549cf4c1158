import type { AssumedName, Assumptions } from '../cost/costed-step.js';
import { UsageError } from '../diagnostics/errors.js';
import type { Study } from '../workflow/study.js';

const tokens: readonly string[] = ['row-tokens', 'prompt-tokens', 'response-tokens'];

/**
 * Reads `--assume NAME=N`: `row-tokens`, `prompt-tokens`, `response-tokens`, or `DATASET.rows`.
 * @throws UsageError for a name that means nothing or is given twice, or what is not a count
 */
export function assumptionsOf(given: readonly string[], { cells }: Pick<Study, 'cells'>): Assumptions {
  const numbers = new Map<AssumedName, number>();
  for (const text of given) {
    const [, name = '', digits = ''] = /^(.+)=(\d{1,12})$/.exec(text) ?? [];
    if (digits === '' || Number(digits) === 0) {
      throw new UsageError(`--assume ${text}: it is not NAME=N with a count N above 0`, { hint: usage });
    }
    const dataset = /^(?:datasets\.)?(.+)\.rows$/.exec(name)?.[1];
    const isRows = dataset !== undefined && cells.some(({ workflow }) => workflow.datasets.has(dataset));
    if (!isRows && !tokens.includes(name)) {
      throw new UsageError(`--assume ${name}: there is no such number to assume`, { hint: usage });
    }
    const full = (isRows ? `datasets.${dataset}.rows` : name) as AssumedName;
    if (numbers.has(full)) {
      throw new UsageError(`--assume ${name}: it is given twice`, { hint: 'Keep one of the two.' });
    }
    numbers.set(full, Number(digits));
  }
  return numbers;
}

const usage = 'Names are row-tokens, prompt-tokens, response-tokens, and DATASET.rows of a dataset of the workflow.';
