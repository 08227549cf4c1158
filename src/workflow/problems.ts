import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { type Place, rangeOf } from './source-text.js';

type Details = Omit<Diagnostic, 'severity' | 'range' | 'hint'> & { readonly hint?: string | undefined };

/** An error at a place of the user's text. */
export function errorAt(place: Place, details: Details): Diagnostic {
  return { ...problemOf(details), range: rangeOf(place) };
}

/** An error that has no place in a text. */
export function problemOf({ hint, ...details }: Details): Diagnostic {
  return { severity: 'error', ...details, ...(hint === undefined ? {} : { hint }) };
}

/** `Did you mean "aligned"?`, or all the names when none is near and they are few. */
export function suggestion(given: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const meant = nearest(given, names);
  if (meant !== undefined) return didYouMean(given, meant);
  return names.length > 0 && names.length <= 12 ? `Known: ${names.join(', ')}.` : undefined;
}
