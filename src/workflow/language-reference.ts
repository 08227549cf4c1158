import type { Json } from '../formats/json.js';
import { alternativesOf, dereference, type Schema, schemaOfResolved } from './schema.js';
import { schemaTypeText } from './schema-type-text.js';

/** File of the reference that people read: every section, kind and field of the language, as the schema has them. */
export const publishedReference = new URL('../../../schema/reference.md', import.meta.url);

const opening = `# Reference of the language

Every section, kind and field that a workflow may hold. The build writes this file from the schema, whose descriptions
editors show too. Experiments that use it stand under "A workflow" in the README.

A scalar may also be a reference to another place of the workflow, such as \`\${params.lr}\`. A name has letters, digits, \`_\`
and \`-\`. A field without a default may be left out, if it is not required.`;

/** schema/reference.md: markdown, one heading for each section, each kind of its definitions, and each part that several share. */
export function languageReference(): string {
  return new LanguageReference().text();
}

class LanguageReference {
  /** Definitions of the schema with fields of their own, in the order in which fields first name them. */
  readonly #shared: string[] = [];
  readonly #sections = new Set(Object.keys(schemaOfResolved().properties ?? {}));

  text(): string {
    const workflow = schemaOfResolved();
    const parts = [opening];
    const required = new Set(workflow.required);
    for (const [name, section] of Object.entries(workflow.properties ?? {})) {
      parts.push(`## ${name}`, ...this.#section(name, dereference(section), required.has(name)));
    }
    parts.push('## Parts that several definitions have');
    // A part may name another one: the list grows while it is written.
    for (const name of this.#shared) parts.push(`### ${partTitle(name)}`, ...this.#part(name));
    return `${parts.join('\n\n')}\n`;
  }

  #section(name: string, section: Schema, isRequired: boolean): string[] {
    const told = [section.description ?? ''];
    if (section.properties !== undefined) return [...told, this.#table(section)];
    const named = section.additionalProperties;
    const definition = typeof named === 'object' ? dereference(named) : undefined;
    if (definition?.oneOf !== undefined) return [...told, ...this.#alternatives(definition, `### ${name}: `)];
    // A profile is made of sections that have headings of their own.
    const hasOwnFields = Object.keys(definition?.properties ?? {}).some((field) => !this.#sections.has(field));
    if (definition !== undefined && hasOwnFields) {
      return [...told, ...exampleOf(section), this.#table(definition)];
    }
    const facts = [`Value: ${schemaTypeText(section)}.`, isRequired ? 'Required.' : '', defaultSentence(section)];
    return [...told, facts.filter((fact) => fact !== '').join(' '), ...exampleOf(section)];
  }

  #part(name: string): string[] {
    const part = dereference({ $ref: `#/$defs/${name}` });
    const told = [part.description ?? ''].filter((text) => text !== '');
    if (part.oneOf !== undefined) return [...told, ...this.#alternatives(part, `#### ${partTitle(name)}: `)];
    const words = typeof part.type === 'string' ? [] : [`Value: ${schemaTypeText(part)}.`];
    return [...told, ...words, this.#table(part)];
  }

  #alternatives(union: Schema, heading: string): string[] {
    return alternativesOf(union).flatMap(({ name, key, value }) => {
      const kind = dereference({ $ref: `#/$defs/${name}` });
      return [`${heading}${value ?? key}`, kind.description ?? '', this.#table(kind)];
    });
  }

  #table(of: Schema): string {
    const rows = this.#rows(of, '').map((cells) => `| ${cells.join(' | ')} |`);
    return ['| field | meaning | value | default | example |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
  }

  /** Fields of a mapping. What an inner mapping holds has the path to it in front. */
  #rows(of: Schema, path: string): string[][] {
    const required = new Set(of.required);
    return Object.entries(of.properties ?? {}).flatMap(([key, written]) => {
      const field = dereference(written);
      const shared = this.#sharedPart(written);
      const value = shared ?? schemaTypeText(field);
      const isRequired = required.has(key) ? 'required' : '';
      const given = field.default === undefined ? isRequired : codeOf(field.default);
      const example = field.examples?.[0] === undefined ? '' : codeOf(field.examples[0]);
      const row = [`\`${path}${key}\``, cell(field.description ?? ''), cell(value), given, example];
      if (shared !== undefined) return [row];
      const values = typeof field.additionalProperties === 'object' ? dereference(field.additionalProperties) : {};
      return [row, ...this.#rows(field, `${path}${key}.`), ...this.#rows(values, `${path}${key}.NAME.`)];
    });
  }

  /** A link to the part that a field, or each item of a list, is; undefined where it has no fields of its own. */
  #sharedPart(written: Schema): string | undefined {
    const found = definitionWithFields(written);
    if (found !== undefined) return this.#link(found);
    const { items, additionalProperties: values } = dereference(written);
    const item = items === undefined ? undefined : definitionWithFields(items);
    if (item !== undefined) return `list of ${this.#link(item)}`;
    const value = typeof values === 'object' ? definitionWithFields(values) : undefined;
    return value === undefined ? undefined : `mapping to ${this.#link(value)}`;
  }

  #link(name: string): string {
    if (!this.#shared.includes(name)) this.#shared.push(name);
    const title = partTitle(name);
    return `[${title}](#${title.replaceAll(' ', '-')})`;
  }
}

/** The definition that a schema refers to, through others, when it is a union or has fields. */
function definitionWithFields(written: Schema): string | undefined {
  const name = written.$ref?.split('/').at(-1);
  if (name === undefined) return undefined;
  const definition = schemaOfResolved().$defs![name]!;
  if (definition.$ref !== undefined) return definitionWithFields(definition);
  return definition.oneOf !== undefined || definition.properties !== undefined ? name : undefined;
}

/** What a part is called; the schema names each of its definitions. */
function partTitle(name: string): string {
  return dereference({ $ref: `#/$defs/${name}` }).title!;
}

function exampleOf({ examples }: Schema): string[] {
  return examples?.[0] === undefined ? [] : [`Example: ${codeOf(examples[0])}`];
}

function defaultSentence({ default: value }: Schema): string {
  return value === undefined ? '' : `Default: ${codeOf(value)}.`;
}

/** A value as a workflow may hold it: YAML's flow style, which takes JSON too. */
function codeOf(value: Json): string {
  return cell(`\`${typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : flow(value)}\``);
}

function flow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return plainText(value);
  const entries = Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

function plainText(value: string | number | boolean | null): string {
  return typeof value === 'string' && /^[A-Za-z0-9][\w./ -]*$/.test(value) ? value : JSON.stringify(value);
}

/** Text inside a table of GitHub's markdown. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
