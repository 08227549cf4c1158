import { readFileSync } from 'node:fs';
import { reportPartNames } from './report.js';

const folder = new URL('../../../schema/', import.meta.url);

/** File of the assembled schema, for editors and for `runflow schema`. */
export const publishedSchema = new URL('workflow.schema.json', folder);

/**
 * The published schema: schema/workflow.json, in which a union lists its kinds by file (`kinds/metrics/loss.json`), with
 * the definitions of these files behind the union, and the names of the report's parts. The first definition of a file is the kind, others are its own. Joined as
 * text, so that what people read keeps its layout: a kind's file is indented as its place in the whole is.
 */
export function assembleSchema(): string {
  const lines: string[] = [];
  let kinds: string[] = [];
  const partNames = `[${reportPartNames.map((name) => `"${name}"`).join(', ')}]`;
  for (const line of readFileSync(new URL('workflow.json', folder), 'utf8').split('\n')) {
    const files = [...line.matchAll(/"(kinds\/[a-z-]+\/[a-z0-9-]+\.json)"/g)].map(([, file]) => file!);
    if (files.length > 0) {
      const definitions = files.map(definitionsOf);
      const nameOf = (file: string) => /"(\w+)"/.exec(definitions[files.indexOf(file)]!)![1];
      lines.push(files.reduce((text, file) => text.replace(file, `#/$defs/${nameOf(file)}`), line));
      kinds.push(...definitions);
      continue;
    }
    lines.push(line.replace('"reportPartNames"', partNames));
    if (!/^ {4}\},?$/.test(line) || kinds.length === 0) continue;
    lines[lines.length - 1] = '    },';
    lines.push(kinds.join(',\n') + line.trim().slice(1));
    kinds = [];
  }
  return lines.join('\n');
}

/** What stands between the brackets of a file's `$defs`. */
function definitionsOf(file: string): string {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const found = /^\{\n {2}"\$defs": \{\n([\s\S]*)\n {2}\}\n\}\n$/.exec(text)?.[1];
  if (found === undefined) throw new Error(`schema/${file} is not a mapping of $defs laid out as the formatter does`);
  return found;
}
