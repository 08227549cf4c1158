import { dereference, type Schema } from './schema.js';

/** What values a schema takes, in words: `number above 0, at most 1`, `list of texts`, `a, b or c`. */
export function schemaTypeText(written: Schema): string {
  const schema = dereference(written);
  if (schema.definedIn !== undefined) return namesText(schema, [schema.definedIn].flat());
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(schemaTypeText).join(', or ');
  const types = [schema.type ?? 'object'].flat();
  return types.map((type) => textOf(type, schema)).join(', or ');
}

/** Words of a pattern that allows a few words only: `^(alpaca|chat|raw)$`. */
const wordsPattern = /^\^\(([a-z0-9|-]+)\)\$$/;

function textOf(type: string, schema: Schema): string {
  switch (type) {
    case 'string': {
      const words = wordsPattern.exec(schema.pattern ?? '')?.[1];
      return words === undefined
        ? 'text'
        : words
            .split('|')
            .map((word) => `\`${word}\``)
            .join(', ');
    }
    case 'boolean':
      return '`true`, `false`';
    case 'null':
      return '`null`';
    case 'integer':
      return `whole number${bounds(schema)}`;
    case 'number':
      return `number${bounds(schema)}`;
    case 'array':
      return schema.items === undefined ? 'list' : `list of: ${schemaTypeText(schema.items)}`;
    default: {
      const values = schema.additionalProperties;
      return typeof values === 'object' ? `mapping of names to: ${schemaTypeText(values)}` : 'mapping';
    }
  }
}

/** A bound beyond is that of a computer's number format and says nothing to a reader. */
const mostTelling = 1e8;

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const tells = (value: number | undefined) => value !== undefined && Math.abs(value) < mostTelling;
  const below = exclusiveMinimum !== undefined ? ` above ${exclusiveMinimum}` : '';
  const from = below === '' && tells(minimum) ? ` from ${minimum}` : below;
  const to = tells(maximum) ? `${from === '' ? '' : ','} at most ${maximum}` : '';
  return `${from}${exclusiveMaximum === undefined ? to : `${from === '' ? '' : ','} below ${exclusiveMaximum}`}`;
}

/** Names of definitions, alone, in a list or as the keys of a mapping. */
function namesText(schema: Schema, sections: readonly string[]): string {
  const types = [schema.type ?? 'object'].flat();
  const of = sections.map((section) => `[${section}](#${section})`).join(' or ');
  const texts = {
    string: `a name of ${of}`,
    array: schema.items?.type === 'array' ? `list of pairs of names of ${of}` : `list of names of ${of}`,
    object: `mapping of names of ${of}`,
  };
  return types.map((type) => texts[type as keyof typeof texts]).join(', or ');
}
