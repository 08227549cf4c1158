import type { Json } from '../formats/json.js';
import type { Path } from './document.js';
import {
  childSchema,
  dereference,
  executorsSchema,
  meantAlternatives,
  type Schema,
  schemaOfResolved,
} from './schema.js';
import type { Validators } from './validators.js';

/** One breach of the schema as ajv reports it. */
export interface Violation {
  /** Path from the root of the workflow to the value. */
  readonly path: Path;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly value: Json;
  /** What the schema says of the value: in a union, of the one alternative that was meant, or else the union. */
  readonly schema: Schema;
}

/** Every breach in a workflow, of unions only those of the alternative that was meant. */
export function violationsOf(validators: Validators, document: Json): readonly Violation[] {
  return violations(validators, 'workflow', document, { path: [], schema: schemaOfResolved() });
}

/** Every breach in an executors file. */
export function executorsViolations(validators: Validators, document: Json): readonly Violation[] {
  return violations(validators, 'executors', document, { path: [], schema: executorsSchema() });
}

/**
 * A union fails with the errors of all its alternatives, of which the user meant one: those errors are dropped and the
 * value is checked again as the alternative that its keys point to. `at`: where `value` is.
 */
function violations(
  validators: Validators,
  name: string,
  value: Json,
  at: { readonly path: Path; readonly schema: Schema },
): Violation[] {
  const validator = validators[name]!;
  if (validator(value)) return [];
  const errors = validator.errors!;
  // A union inside another is looked at when the alternative of the outer one is known.
  const failed = errors.filter(({ keyword }) => keyword === 'oneOf');
  const unions = failed.filter(
    ({ instancePath }) => !failed.some((outer) => instancePath.startsWith(`${outer.instancePath}/`)),
  );
  const found: Violation[] = [];
  for (const error of errors) {
    const union = unions.find(({ instancePath }) => contains(instancePath, error.instancePath));
    if (union !== undefined && union !== error) continue;
    const { keyword, params } = error;
    // What is not above 0 is not above the smallest number of f32 either.
    if (keyword === 'minimum' && errors.some((other) => isAt(other, error.instancePath, 'exclusiveMinimum'))) continue;
    const place = descend(value, at, segmentsOf(error.instancePath));
    // A wrong key is reported twice: `propertyNames` names it, the rule it breaks is reported of the whole mapping.
    if (rulesOfNames.includes(keyword) && typeof place.value !== 'string') continue;
    const [meant, second] = union === undefined ? [] : meantAlternatives(place.schema, place.value);
    if (meant !== undefined && second === undefined) {
      const schema = dereference({ $ref: `#/$defs/${meant.name}` });
      found.push(...violations(validators, meant.name, place.value, { ...place, schema }));
    } else found.push({ ...place, keyword, params });
  }
  return found;
}

function isAt(error: { keyword: string; instancePath: string }, instancePath: string, keyword: string): boolean {
  return error.keyword === keyword && error.instancePath === instancePath;
}

const rulesOfNames = ['pattern', 'maxLength'];

function descend(
  from: Json,
  at: { readonly path: Path; readonly schema: Schema },
  segments: Path,
): Pick<Violation, 'path' | 'schema' | 'value'> {
  let { schema } = at;
  let value = from;
  for (const segment of segments) {
    schema = childSchema(schema, value, segment) ?? {};
    value = (value as Readonly<Record<string, Json>>)[segment]!;
  }
  return { path: [...at.path, ...segments], schema: dereference(schema), value };
}

function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
