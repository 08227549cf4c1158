import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { Json } from '../formats/json.js';
import { type Explanation, explainUnion } from './describe-union.js';
import { type DocumentNode, keyPlace, nodeAt, valuePlace } from './document.js';
import { dereference } from './schema.js';
import { rangeOf } from './source-text.js';
import {
  bound,
  countText,
  didYouMean,
  exampleOf,
  hasKey,
  hintOf,
  listOf,
  nameRule,
  patternHint,
  shown,
  typeNames,
} from './value-text.js';
import type { Violation } from './violations.js';

/** Shell text is the user's own: a workflow may come from a stranger. */
function clusterHint(name: string, absent: readonly string[]): string | undefined {
  if (name !== 'cluster') return undefined;
  const own = 'Shell text, modules and options of a queue stand only in your own executors file (--executors FILE).';
  return [own, listOf('The section may also have', absent)].filter((part) => part !== undefined).join(' ');
}

/**
 * Says in the user's terms, and where in their text, what a breach of the schema is about.
 * @param whole what messages call the document
 */
export function describeViolation(root: DocumentNode, violation: Violation, whole = 'the workflow'): Diagnostic {
  const { place, ...explanation } = explain(root, violation, whole);
  const node = nodeAt(root, violation.path);
  const origin = node?.kind === 'scalar' ? node.origin : undefined;
  return {
    severity: 'error',
    ...explanation,
    range: rangeOf(place),
    ...(origin === undefined ? {} : { related: [{ message: 'its value is given here', range: rangeOf(origin) }] }),
  };
}

function explain(root: DocumentNode, violation: Violation, whole: string): Explanation {
  const { keyword, params, path, value, schema } = violation;
  const name = path.length === 0 ? whole : path.join('.');
  const place = valuePlace(root, path);
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const known = Object.keys(schema.properties ?? {});
      const absent = known.filter((property) => !hasKey(value, property));
      return {
        code: 'unknown-key',
        message: `unknown key "${key}" in ${name}`,
        ...hintOf(didYouMean(key, known) ?? clusterHint(name, absent) ?? listOf('It may also have', absent)),
        place: keyPlace(root, [...path, key]),
      };
    }
    case 'required': {
      const key = String(params.missingProperty);
      return {
        code: 'missing-key',
        message: `${name} lacks "${key}"`,
        ...hintOf(exampleOf(key, dereference(schema.properties?.[key] ?? {}))),
        place: path.length === 0 ? place : keyPlace(root, path),
      };
    }
    case 'propertyNames': {
      const key = String(params.propertyName);
      const { pattern } = dereference(schema.propertyNames ?? {});
      return {
        code: 'invalid-name',
        message: `"${key}" cannot be a name in ${name}`,
        hint: nameRule(pattern),
        place: keyPlace(root, [...path, key]),
      };
    }
    case 'oneOf':
      return explainUnion(root, violation, name);
    case 'enum':
    case 'const': {
      const allowed = (keyword === 'const' ? [schema.const!] : (schema.enum ?? [])).map(String);
      return {
        code: 'invalid-value',
        message: `${name} cannot be ${shown(value)}`,
        ...hintOf((typeof value === 'string' ? didYouMean(value, allowed) : undefined) ?? listOf('It may be', allowed)),
        place,
      };
    }
    case 'type':
      return {
        code: 'wrong-type',
        message: `${name} must be ${typeNames(params.type)}, not ${shown(value)}`,
        ...hintOf(exampleOf(path.at(-1), schema)),
        place,
      };
    case 'pattern': {
      const words = (schema.examples ?? []).filter((example) => typeof example === 'string');
      return {
        code: 'invalid-value',
        message: `${name} cannot be ${shown(value)}`,
        ...hintOf(didYouMean(String(value), words) ?? patternHint(schema)),
        place,
      };
    }
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return {
        code: 'out-of-range',
        message: `${name} is ${shown(value)}; it must be ${bound(keyword)} ${params.limit}`,
        place,
      };
    case 'uniqueItems': {
      const index = String(Math.max(Number(params.i), Number(params.j)));
      const twice = (value as readonly Json[])[Number(index)]!;
      return {
        code: 'duplicate-item',
        message: `${name} holds ${shown(twice)} twice`,
        hint: 'Keep one of them.',
        place: valuePlace(root, [...path, index]),
      };
    }
    case 'minItems':
    case 'maxItems': {
      const limit = Number(params.limit);
      const count = (value as readonly Json[]).length;
      return {
        code: 'wrong-length',
        message: `${name} has ${countText(count, 'item')}; it must have at ${keyword === 'minItems' ? 'least' : 'most'} ${limit}`,
        ...hintOf(exampleOf(path.at(-1), schema)),
        place,
      };
    }
    case 'minProperties':
      return {
        code: 'wrong-length',
        message: `${name} is empty`,
        ...hintOf(exampleOf(path.at(-1), schema)),
        place: keyPlace(root, path),
      };
    case 'minLength':
    case 'maxLength':
      return {
        code: 'wrong-length',
        message: `${name} is too ${keyword === 'minLength' ? 'short' : 'long'}: ${shown(value)}`,
        hint: `It must have at ${keyword === 'minLength' ? 'least' : 'most'} ${countText(Number(params.limit), 'character')}.`,
        place,
      };
    default:
      return { code: 'invalid-value', message: `${name} breaks the rule "${keyword}" of the schema`, place };
  }
}
