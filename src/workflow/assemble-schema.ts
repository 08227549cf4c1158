import { readFileSync } from 'node:fs';
import { reportPartNames } from './report.js';
import type { Schema } from './schema.js';

const folder = new URL('../../../schema/', import.meta.url);

/** File of the assembled schema, for editors and for `runflow schema`. */
export const publishedSchema = new URL('workflow.schema.json', folder);

/**
 * The published schema: schema/workflow.json, in which a union lists its kinds by file (`kinds/metrics/loss.json`), with
 * the definitions of these files behind the union, the names of the report's parts, and titles. The first definition of a
 * file is the kind, others are its own. Joined as text, so that what people read keeps its layout: a kind's file is
 * indented as its place in the whole is.
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
  return withTitles(lines.join('\n'));
}

/**
 * Titles for definitions that state none, because editors show internal names in their place: what a workflow writes to
 * have a member of a union (`model: path`), and otherwise the name in words.
 */
function withTitles(text: string): string {
  const start = text.indexOf('\n  "$defs": {');
  const { $defs = {} } = JSON.parse(text) as Schema;
  const titles = new Map(Object.keys($defs).map((name) => [name, inWords(name)]));
  for (const { title, oneOf = [] } of Object.values($defs)) {
    for (const { $ref } of oneOf) titles.set(nameIn($ref!), `${title}: ${decidingWord($defs[nameIn($ref!)]!)}`);
  }
  const definition = /^( {4}"(\w+)": \{)(\n {6}| )/gm;
  return (
    text.slice(0, start) +
    text.slice(start).replace(definition, (opening, key: string, name: string, space: string) => {
      if ($defs[name]!.title !== undefined) return opening;
      return `${key}${space}"title": ${JSON.stringify(titles.get(name))},${space}`;
    })
  );
}

/** `workflowSeed` as people write it: workflow seed. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** What tells a member of a union from the others: the constant of its first required key, or that key. */
function decidingWord({ required, properties }: Schema): string {
  const key = required![0]!;
  return String(properties![key]!.const ?? key);
}

function nameIn(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

/** What stands between the brackets of a file's `$defs`. */
function definitionsOf(file: string): string {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const found = /^\{\n {2}"\$defs": \{\n([\s\S]*)\n {2}\}\n\}\n$/.exec(text)?.[1];
  if (found === undefined) throw new Error(`schema/${file} is not a mapping of $defs laid out as the formatter does`);
  return found;
}
