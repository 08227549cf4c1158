import { integer, needText } from './methods.js';
import {
  Allowance,
  type Dict,
  floatText,
  isDict,
  isList,
  TemplateError,
  text,
  truth,
  typeName,
  Unsupported,
  type Value,
} from './values.js';

interface Layout {
  readonly ascii: boolean;
  readonly sorted: boolean;
  /** Spaces a level; undefined: all in one line. */
  readonly indent: number | undefined;
  readonly item: string;
  readonly key: string;
  readonly allowance: Allowance;
}

/** The filter `tojson` as transformers defines it: Python's json.dumps, non-ASCII characters as they are. */
export function json(value: Value, positional: readonly Value[], named: Dict): string {
  const names = ['ensure_ascii', 'indent', 'separators', 'sort_keys'];
  const given = new Map<string, Value>([
    ...names.slice(0, positional.length).map((name, at) => [name, positional[at]!] as const),
    ...named,
  ]);
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined || positional.length > names.length)
    throw new TemplateError(`tojson has no argument ${unknown}`);
  const indent = given.get('indent') ?? null;
  const separators = given.get('separators') ?? null;
  if (separators !== null && !(isList(separators) && separators.length === 2))
    throw new Unsupported('it writes JSON with other separators');
  const [item, key] = separators === null ? [indent === null ? ', ' : ',', ': '] : separators.map(needText);
  return written(value, '\n', {
    ascii: truth(given.get('ensure_ascii') ?? false),
    sorted: truth(given.get('sort_keys') ?? false),
    indent: indent === null ? undefined : indentOf(integer(indent)),
    item: item!,
    key: key!,
    allowance: new Allowance(),
  });
}

function indentOf(spaces: number): number {
  if (spaces < 0 || spaces > 100) throw new Unsupported(`it writes JSON with ${spaces} spaces a level`);
  return spaces;
}

/** @param newline a line break and the indentation of the level that the value is on */
function written(value: Value, newline: string, layout: Layout): string {
  layout.allowance.takeValue((typeof value === 'string' ? value.length : 0) + newline.length);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return text(value);
  if (typeof value === 'number')
    return Number.isFinite(value)
      ? floatText(value)
      : ({ inf: 'Infinity', '-inf': '-Infinity' }[floatText(value)] ?? 'NaN');
  if (typeof value === 'string') return stringText(value, layout);
  const deeper = layout.indent === undefined ? newline : newline + ' '.repeat(layout.indent);
  if (isList(value))
    return wrapped(
      '[]',
      [...value].map((item) => written(item, deeper, layout)),
      newline,
      deeper,
      layout,
    );
  if (!isDict(value)) throw new TemplateError(`it writes ${typeName(value)} as JSON`);
  const keys = [...value.keys()];
  if (layout.sorted) keys.sort();
  const entries = keys.map(
    (key) => `${stringText(key, layout)}${layout.key}${written(value.get(key)!, deeper, layout)}`,
  );
  return wrapped('{}', entries, newline, deeper, layout);
}

function wrapped(
  brackets: string,
  items: readonly string[],
  newline: string,
  deeper: string,
  { indent, item }: Layout,
): string {
  const [open, close] = brackets;
  if (items.length === 0 || indent === undefined) return `${open}${items.join(item)}${close}`;
  return `${open}${deeper}${items.join(item + deeper)}${newline}${close}`;
}

function stringText(value: string, { ascii }: Layout): string {
  if (/\p{Cs}/u.test(value)) throw new Unsupported('it writes half a character as JSON');
  const plain = JSON.stringify(value);
  return ascii
    ? plain.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : plain;
}
