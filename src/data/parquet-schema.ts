import type { FileMetaData, SchemaElement } from 'hyparquet';
import { DataError } from '../diagnostics/errors.js';
import type { Json } from '../formats/json.js';
import type { DataLimits } from './data-limits.js';
import type { ColumnLevels } from './parquet-pages.js';
import { ParquetValueError, type StoredValue, valueReader } from './parquet-values.js';

/** A column, or a part of one, as the file describes it. */
interface Field {
  readonly name: string;
  /** What the library that reads the pages is told it is called: no name of an object's own, and no dot. */
  readonly alias: string;
  readonly element: SchemaElement;
  readonly children: readonly Field[];
}

export interface ParquetColumn {
  readonly name: string;
  readonly alias: string;
  /** True when every row has one value, be it null. */
  readonly flat: boolean;
  /** Which of the file's column chunks hold its values. */
  readonly chunks: readonly number[];
  /** @throws ParquetValueError */
  read(stored: unknown): Json;
}

/**
 * Counts what rows take, since a few bytes of a file may be one long text in every row of it: each place in a dictionary
 * stands for the whole word.
 */
export class RowMeter {
  readonly #most: number;
  #row = 0;
  /** Bytes of texts since `rows` was 0. */
  bytes = 0;
  rows = 0;

  /** @param most bytes of texts that a row may have */
  constructor(most: number) {
    this.#most = most;
  }

  beginBatch(): void {
    this.bytes = 0;
    this.rows = 0;
  }

  beginRow(): void {
    this.rows++;
    this.#row = 0;
  }

  /** @throws ParquetValueError when the row is too long */
  add(bytes: number): void {
    this.bytes += bytes;
    this.#row += bytes;
    if (this.#row > this.#most)
      throw new ParquetValueError(`more than the ${this.#most} characters that a row may have`);
  }
}

export interface ParquetColumns {
  readonly columns: readonly ParquetColumn[];
  /** The metadata by which the library hands out values as they are stored: aliases for names, and no types. */
  readonly stored: FileMetaData;
  readonly meter: RowMeter;
  /** Levels of every column chunk. */
  readonly levels: readonly ColumnLevels[];
}

/**
 * The columns of a file. Types are taken away from the library and applied here (`valueReader`), since it rounds decimals,
 * cuts points of time and replaces bytes that are no text.
 * @throws DataError for two columns of one name, and nesting deeper than the limit
 */
export function parquetColumns(metadata: FileMetaData, name: string, limits: DataLimits): ParquetColumns {
  const aliases: string[] = [];
  const leafPaths: (readonly string[])[] = [];
  const levels: ColumnLevels[] = [];
  let next = 0;

  function field(depth: number, path: readonly string[], above: ColumnLevels): Field {
    const element = metadata.schema[next];
    if (element === undefined) throw new DataError(`${name}: its schema ends too early`);
    if (depth > limits.depth) throw new DataError(`${name}: columns nested deeper than ${limits.depth} levels`);
    const alias = `c${next++}`;
    aliases.push(alias);
    const own = depth === 0 ? [] : [...path, alias];
    const { repetition_type: repetition } = element;
    const reach = {
      definition: above.definition + (depth === 0 || repetition === 'REQUIRED' ? 0 : 1),
      repetition: above.repetition + (depth > 0 && repetition === 'REPEATED' ? 1 : 0),
    };
    const children = Array.from({ length: element.num_children ?? 0 }, () => field(depth + 1, own, reach));
    const twice = children.find((child, index) => children.findIndex((other) => other.name === child.name) !== index);
    if (twice !== undefined) {
      throw new DataError(`${name}: two columns are called "${twice.name}"`, {
        hint: 'Give every column a name of its own: one of them would be lost.',
      });
    }
    if (element.type !== undefined) {
      leafPaths.push(own);
      levels.push(reach);
    }
    return { name: element.name, alias, element, children };
  }

  const root = field(0, [], { definition: 0, repetition: 0 });
  const meter = new RowMeter(limits.rowCharacters);
  const columns = root.children.map((column): ParquetColumn => {
    let read: ((stored: unknown) => Json) | undefined;
    return {
      name: column.name,
      alias: column.alias,
      flat: column.element.type !== undefined && column.element.repetition_type !== 'REPEATED',
      chunks: leafPaths.flatMap((path, index) => (path[0] === column.alias ? [index] : [])),
      read(stored) {
        read ??= reader(column, limits, meter);
        return read(stored);
      },
    };
  });
  const schema = metadata.schema.map((element, index): SchemaElement => {
    const { logical_type: logical, converted_type: converted, ...rest } = element;
    const list = element.type === undefined && (converted === 'LIST' || logical?.type === 'LIST');
    return { ...rest, name: aliases[index]!, ...(list && { converted_type: 'LIST' }) };
  });
  const row_groups = metadata.row_groups.map((group) => ({
    ...group,
    columns: group.columns.map((chunk, index) => ({
      ...chunk,
      ...(chunk.meta_data && { meta_data: { ...chunk.meta_data, path_in_schema: [...(leafPaths[index] ?? [])] } }),
    })),
  }));
  return { columns, stored: { ...metadata, schema, row_groups }, meter, levels };
}

/** Null where nothing is stored; lists item by item, however deep: a list adds no level but its own. */
function reader(field: Field, limits: DataLimits, meter: RowMeter): (stored: unknown) => Json {
  const one = readerOfOne(field, limits, meter);
  const read = (stored: unknown): Json => {
    if (stored === undefined || stored === null) return null;
    return Array.isArray(stored) ? stored.map(read) : one(stored);
  };
  return read;
}

type Stored = Readonly<Record<string, unknown>>;

function readerOfOne(
  { element, children, name }: Field,
  limits: DataLimits,
  meter: RowMeter,
): (stored: unknown) => Json {
  const { converted_type: converted, logical_type: logical } = element;
  if (element.type !== undefined) {
    const read = valueReader(element, limits);
    return (stored) => {
      meter.add(stored instanceof Uint8Array ? stored.length : 1);
      return read(stored as StoredValue);
    };
  }
  if (logical?.type === 'VARIANT') throw new ParquetValueError('values of type VARIANT are not read');
  const [inner] = children;
  if (inner === undefined) throw new ParquetValueError(`"${name}" has neither a type nor parts`);
  if (converted === 'LIST' || logical?.type === 'LIST') {
    // A repeated group with one child is the list's own level; with several, it is what the list is of.
    const item = inner.children.length === 1 ? inner.children[0]! : inner;
    if (item !== inner && (inner.name === 'array' || inner.name === `${name}_tuple`)) {
      throw new ParquetValueError('a list in a form that writers have given up');
    }
    const readItem = reader(item, limits, meter);
    return inner.children.length > 1 ? (stored) => readItem((stored as Stored)[inner.alias]) : readItem;
  }
  if (converted === 'MAP' || converted === 'MAP_KEY_VALUE' || logical?.type === 'MAP') {
    const [key, value] = inner.children;
    const readKey = key && reader(key, limits, meter);
    const readValue = value && reader(value, limits, meter);
    return (stored) => {
      const entries = ((stored as Stored)[inner.alias] ?? []) as readonly Stored[];
      const map = new Map<string, Json>();
      for (const entry of entries) {
        const at = key && readKey ? readKey(entry[key.alias]) : null;
        const text = typeof at === 'string' ? at : JSON.stringify(at);
        if (map.has(text)) throw new ParquetValueError(`a map that has the key ${JSON.stringify(text)} twice`);
        map.set(text, value && readValue ? readValue(entry[value.alias]) : null);
      }
      return Object.fromEntries(map);
    };
  }
  const parts = children.map((child) => ({ name: child.name, alias: child.alias, read: reader(child, limits, meter) }));
  return (stored) => Object.fromEntries(parts.map((part) => [part.name, part.read((stored as Stored)[part.alias])]));
}
