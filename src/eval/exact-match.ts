/**
 * Final-answer exact match as lm-evaluation-harness scores `gsm8k` (task version 3): a filter takes the answer out of the
 * response, both sides are normalised, equal or not.
 */

/** How the answer is found in a response. */
export type AnswerFilter = 'flexible' | 'strict' | { readonly regex: string; readonly take: 'first' | 'last' };

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

/** The answer in a response, or `[invalid]`. Of several groups in a pattern the first that matched counts. */
export function extractAnswer(response: string, filter: AnswerFilter): string {
  const { pattern, take }: Extraction =
    typeof filter === 'string' ? filters[filter] : { pattern: new RegExp(filter.regex, 'g'), take: filter.take };
  const matches = [...response.matchAll(pattern)];
  const match = take === 'last' ? matches.at(-1) : matches[0];
  if (match === undefined) return noAnswer;
  const text = match.length === 1 ? match[0] : match.slice(1).find((group) => group !== undefined && group !== '');
  return (text ?? noAnswer).trim();
}

/** Removes commas, dollar signs, everything through the last `#### ` and a final full stop; lower case. */
export function normaliseAnswer(text: string): string {
  return text
    .replaceAll(',', '')
    .replaceAll('$', '')
    .replace(/[\s\S]*#### /g, '')
    .replace(/\.(?=\n?$)/g, '')
    .toLowerCase();
}

/** True when the response's answer is the reference's. The reference may be a whole worked solution ending `#### n`. */
export function exactMatch(response: string, reference: string, filter: AnswerFilter): boolean {
  return normaliseAnswer(extractAnswer(response, filter)) === normaliseAnswer(reference);
}
