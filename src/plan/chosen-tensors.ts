import type { SourceRange } from '../diagnostics/diagnostic.js';
import type { TensorPattern, Update } from '../workflow/updates.js';
import { globMatches } from './glob.js';
import { invalidTensors } from './tensor-differences.js';

/**
 * Says which tensors patterns choose.
 * @param names of all tensors there are
 * @param unmatchedText the error of a pattern that matches none of them
 * @throws InvalidWorkflowError, pointing at such a pattern
 */
export function tensorChoice(
  { tensors, except }: Pick<Update, 'tensors' | 'except'>,
  names: readonly string[],
  unmatchedText: (field: 'tensors' | 'except', pattern: string) => string,
): (tensor: string) => boolean {
  const matcher = (field: 'tensors' | 'except', patterns: readonly TensorPattern[]) => {
    const matches = patterns.map(({ text, range }) => {
      const match = globMatches(text);
      if (names.some(match)) return match;
      throw unmatched(unmatchedText(field, text), text, names, range);
    });
    return (tensor: string) => matches.some((match) => match(tensor));
  };
  const isChosen = tensors === undefined ? () => true : matcher('tensors', tensors);
  const isExcepted = except === undefined ? () => false : matcher('except', except);
  return (tensor) => isChosen(tensor) && !isExcepted(tensor);
}

function unmatched(message: string, pattern: string, names: readonly string[], range: SourceRange) {
  const near = nearestName(pattern, names);
  const closest = near === undefined ? '' : `The name that is most like it is ${near}. `;
  return invalidTensors(message, range, `${closest}In a pattern * is any text and ? any character.`);
}

/** The name that has most of the pattern's beginning and end. */
function nearestName(pattern: string, names: readonly string[]): string | undefined {
  const [begin, end] = [pattern.split(/[*?]/)[0]!, pattern.split(/[*?]/).at(-1)!];
  let best: string | undefined;
  let most = 0;
  for (const name of names) {
    const alike =
      alikeFrom(begin, name, (text, at) => text[at]) + alikeFrom(end, name, (text, at) => text[text.length - 1 - at]);
    if (alike > most) [best, most] = [name, alike];
  }
  return best;
}

/** How many characters two texts have in common, from one end on. */
function alikeFrom(a: string, b: string, character: (text: string, at: number) => string | undefined): number {
  let at = 0;
  while (at < Math.min(a.length, b.length) && character(a, at) === character(b, at)) at++;
  return at;
}
