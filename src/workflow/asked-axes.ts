import { resolve } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import type { MapEntry } from './document.js';
import { type MatrixAxis, readMatrix } from './matrix.js';
import { parseYamlValue } from './parse.js';
import { errorAt } from './problems.js';
import { SourceText } from './source-text.js';

const optionName = '--matrix';
const hint = 'For example: --matrix params.lr=1e-5,3e-5';

/**
 * Reads what `--matrix axis=a,b` asks for; each axis is named once. What is wrong is added to `problems`.
 * @param folder absolute; relative paths are relative to it
 */
export async function readAskedAxes(
  options: readonly string[],
  problems: Diagnostic[],
  folder = resolve('.'),
): Promise<Map<string, MatrixAxis>> {
  const entries = new Map<string, MapEntry>();
  for (const text of options) {
    const from = text.indexOf('=') + 1;
    const isList = text.startsWith('[', from);
    const source = new SourceText(optionName, folder, isList ? text : `${text.slice(0, from)}[${text.slice(from)}]`);
    const path = text.slice(0, Math.max(0, from - 1));
    const key = { source, start: 0, end: path.length };
    const refuse = (message: string) => problems.push(errorAt(key, { code: 'invalid-setting', message, hint }));
    if (path === '' || text.slice(from).trim() === '') refuse(`${optionName} takes an axis and its values`);
    else if (entries.has(path)) refuse(`${optionName} gives the axis ${path} twice`);
    else {
      const value = await parseYamlValue(source, from, { comments: false });
      if (value.ok) entries.set(path, { key, value: value.value });
      else problems.push(...value.diagnostics);
    }
  }
  if (entries.size === 0) return new Map();
  const place = entries.values().next().value!.key;
  return new Map(readMatrix({ key: place, value: { kind: 'map', entries, place } }, problems).axes);
}
