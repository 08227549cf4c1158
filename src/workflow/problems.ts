import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { nearest } from '../diagnostics/nearest.js';
import { type Place, rangeOf } from './source-text.js';

type Details = Omit<Diagnostic, 'severity' | 'range' | 'hint'> & { readonly hint?: string | undefined };

/** An error at a place of the user's text. */
export function errorAt(place: Place, { hint, ...details }: Details): Diagnostic {
  return { severity: 'error', ...details, range: rangeOf(place), ...(hint === undefined ? {} : { hint }) };
}

/** `Did you mean "aligned"?`, or all the names when none is near and they are few. */
export function suggestion(given: string, known: Iterable<string>): string | undefined {
  const names = [...known];
  const meant = nearest(given, names);
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  return names.length > 0 && names.length <= 12 ? `Known: ${names.join(', ')}.` : undefined;
}
