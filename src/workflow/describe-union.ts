import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { nearest } from '../diagnostics/nearest.js';
import type { Json } from '../formats/json.js';
import { type DocumentNode, keyPlace, valuePlace } from './document.js';
import { type Alternative, alternativesOf, meantAlternatives, type Schema } from './schema.js';
import type { Place } from './source-text.js';
import { didYouMean, hasKey, hintOf, listOf, shown } from './value-text.js';
import type { Violation } from './violations.js';

export type Explanation = Omit<Diagnostic, 'severity' | 'range'> & { readonly place: Place };

/** Explains a union of which no alternative, or more than one, was meant. `name` is what the value is called. */
export function explainUnion(root: DocumentNode, violation: Violation, name: string): Explanation {
  return { ...unknownAlternative(violation, name), place: unionPlace(root, violation) };
}

/** None of the ways to make a model, several of them, or none of the kinds of a subspace. */
function unknownAlternative({ value, schema: union }: Violation, name: string): Omit<Explanation, 'place'> {
  const alternatives = alternativesOf(union);
  const what = union.title ?? 'value';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return {
      code: 'wrong-type',
      message: `${name} must be a mapping, not ${shown(value)}`,
      ...hintOf(`A ${what} is written { ${howWritten(alternatives[0]!)} … }.`),
    };
  }
  const [first, second] = meantAlternatives(union, value);
  if (first !== undefined && second !== undefined) {
    return {
      code: 'ambiguous-definition',
      message: `${name} says twice how the ${what} is made: ${first.key} and ${second.key}`,
      hint: 'Keep one of them.',
    };
  }
  const deciding = decidingKey(union, value);
  if (deciding !== undefined) {
    const given = (value as Record<string, Json>)[deciding]!;
    const kinds = alternatives.filter(({ key }) => key === deciding).flatMap((alternative) => alternative.value ?? []);
    return {
      code: 'invalid-value',
      message: `${shown(given)} is not a ${deciding} of ${what}`,
      ...hintOf(didYouMean(String(given), kinds) ?? listOf('It may be', kinds)),
    };
  }
  const keys = [...new Set(alternatives.map(({ key }) => key))];
  if (keys.length === 1) {
    const kinds = alternatives.flatMap((alternative) => alternative.value ?? []);
    return { code: 'missing-key', message: `${name} lacks "${keys[0]}"`, hint: `Give one of ${kinds.join(', ')}.` };
  }
  const meant = Object.keys(value)
    .map((given) => ({ given, near: nearest(given, keys) }))
    .find(({ near }) => near !== undefined);
  return {
    code: 'missing-key',
    message: `${name} does not say how the ${what} is made`,
    hint: meant === undefined ? `Give one of ${keys.join(', ')}.` : `Did you mean "${meant.near}" by "${meant.given}"?`,
  };
}

/** The key that is there and whose value decides between alternatives, though it is none of theirs. */
function decidingKey(union: Schema, value: Json): string | undefined {
  return alternativesOf(union).find((alternative) => alternative.value !== undefined && hasKey(value, alternative.key))
    ?.key;
}

function unionPlace(root: DocumentNode, { path, value, schema: union }: Violation): Place {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return valuePlace(root, path);
  const deciding = decidingKey(union, value);
  return deciding === undefined ? keyPlace(root, path) : valuePlace(root, [...path, deciding]);
}

function howWritten({ key, value }: Alternative): string {
  return value === undefined ? `${key}:` : `${key}: ${value},`;
}
