import type { AnswerFilter } from '../formats/response-choices.js';
import { withinTime } from '../formats/time-limit.js';

/**
 * Final-answer exact match as lm-evaluation-harness scores `gsm8k` (task version 3): a filter takes the answer out of the
 * response, both sides are normalised, equal or not.
 */

/** What a filter gives when it finds nothing; it never equals an answer. */
export const noAnswer = '[invalid]';

interface Extraction {
  readonly pattern: RegExp;
  readonly take: 'first' | 'last';
}

const filters: Readonly<Record<'flexible' | 'strict', Extraction>> = {
  flexible: { pattern: /(-?[$0-9.,]{2,})|(-?[0-9]+)/g, take: 'last' },
  strict: { pattern: /#### (-?[0-9.,]+)/g, take: 'first' },
};

/**
 * The answer in a response, or `[invalid]`. Of several groups in a pattern the first that matched counts.
 * @throws DataError naming the pattern when it does not come to an end on this response.
 */
export function extractAnswer(response: string, filter: AnswerFilter): string {
  const { pattern, take }: Extraction =
    typeof filter === 'string' ? filters[filter] : { pattern: new RegExp(filter.regex, 'g'), take: filter.take };
  const find = () => [...response.matchAll(pattern)];
  const matches =
    typeof filter === 'string' ? find() : withinTime(find, () => `The pattern of \`extract\`, ${pattern},`);
  const match = take === 'last' ? matches.at(-1) : matches[0];
  if (match === undefined) return noAnswer;
  const text = match.length === 1 ? match[0] : match.slice(1).find((group) => group !== undefined && group !== '');
  return (text ?? noAnswer).trim();
}

const solutionMark = '#### ';

/** Removes commas, dollar signs, everything through the last `#### ` and a final full stop; lower case. */
function normaliseAnswer(text: string): string {
  const bare = text.replaceAll(',', '').replaceAll('$', '');
  const mark = bare.lastIndexOf(solutionMark);
  return (mark < 0 ? bare : bare.slice(mark + solutionMark.length)).replace(/\.(?=\n?$)/g, '').toLowerCase();
}

/** True when the response's answer is the reference's. The reference may be a whole worked solution ending `#### n`. */
export function exactMatch(response: string, reference: string, filter: AnswerFilter): boolean {
  return normaliseAnswer(extractAnswer(response, filter)) === normaliseAnswer(reference);
}
