import { DataError } from '../diagnostics/errors.js';
import type { Json } from '../formats/json.js';
import { missingColumn, type Row } from './row.js';

/**
 * The value of a column, or of a part of one: `mc1_targets.choices`. A column that is called just so comes before a part
 * of another.
 * @param where names the row in errors
 * @throws DataError when there is none
 */
export function valueAt(row: Row, path: string, where: string): Json {
  if (Object.hasOwn(row, path)) return row[path]!;
  const names = path.split('.');
  let value: Json = row;
  for (const [index, name] of names.entries()) {
    const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isMapping && Object.hasOwn(value as Row, name)) {
      value = (value as Row)[name]!;
      continue;
    }
    if (index === 0) throw missingColumn(row, path, where);
    const before = names.slice(0, index).join('.');
    throw new DataError(`${where}: there is no "${name}" in "${before}"`, {
      hint: isMapping
        ? `It holds: ${Object.keys(value as Row).join(', ') || '(nothing)'}.`
        : `"${before}" holds ${kindOf(value)}, not a mapping of names.`,
    });
  }
  return value;
}

/** The text at a path. Numbers and booleans are written as JSON writes them. @throws DataError for anything else */
export function textAt(row: Row, path: string, where: string): string {
  return asText(valueAt(row, path, where), path, where);
}

/** The texts of a list at a path. @throws DataError for anything else */
export function textsAt(row: Row, path: string, where: string): string[] {
  const value = valueAt(row, path, where);
  if (!Array.isArray(value)) {
    throw new DataError(`${where}: "${path}" holds ${kindOf(value)}, not a list`, {
      hint: 'Name the path of a list, such as choices.text. A cell of a .csv file is a text: name a column for each choice.',
    });
  }
  return value.map((one, index) => asText(one as Json, `${path}[${index}]`, where));
}

function asText(value: Json, path: string, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new DataError(`${where}: "${path}" holds ${kindOf(value)}, not text`, {
    hint: 'Leave such rows out with `where`, or name another column.',
  });
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object'
    ? 'a mapping'
    : `the ${typeof value === 'string' ? 'text' : 'value'} ${JSON.stringify(value).slice(0, 60)}`;
}
