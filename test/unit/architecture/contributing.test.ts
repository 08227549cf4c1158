import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface Item {
  readonly files: readonly string[];
  /** What stands in each of the files, to the letter. */
  readonly quoted: readonly string[];
}

interface Guide {
  readonly title: string;
  /** The kind whose files are listed. */
  readonly example: string;
  readonly items: readonly Item[];
}

/** The lists of CONTRIBUTING.md: of each `## Add …` the example and its files. */
function guidesOf(text: string): Guide[] {
  return text
    .split(/^## (?=Add )/m)
    .slice(1)
    .map((section) => ({
      title: section.split('\n', 1)[0]!,
      example: /^Example: `([\w-]+)`/m.exec(section)![1]!,
      items: [...section.matchAll(/^- (.+?): (.+)$/gm)].map(([, before, after]) => ({
        files: [...before!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!),
        quoted: [...after!.matchAll(/`([^`]+)`/g)].map(([, quoted]) => quoted!),
      })),
    }));
}

/** A name as it stands in code: `random-k`, `randomK`, `RandomK`. */
function nameIn(name: string): RegExp {
  const camel = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const pascal = camel[0]!.toUpperCase() + camel.slice(1);
  return new RegExp(`(?<![\\w-])${name}(?![\\w-])|(?<![A-Za-z])${camel}(?![a-z])|${pascal}(?![a-z])`);
}

/** A source without what only tells of a kind: comments, and examples of the schema. */
function codeOf(file: string): string {
  if (file.endsWith('.json')) return read(file).replace(/"examples": .*/g, '');
  return read(file).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

const sources = ['src', 'schema', 'kernels']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  )
  .filter((file) => /\.(ts|json|wgsl)$/.test(file))
  // Made of the others; and the text of the workflow that `runflow init` writes, an example.
  .filter((file) => !['schema/workflow.schema.json', 'src/cli/init.ts'].includes(file));

const guides = guidesOf(read('CONTRIBUTING.md'));

test('there is a list for each kind of thing that is added', () => {
  const things = guides.map(({ title }) => title.replace(/^Add an? /, ''));
  const wanted = [
    'metric',
    'subspace',
    'model recipe',
    'dataset kind',
    'claim',
    'rubric',
    'family of models',
    'kernel',
    'step',
  ];
  assert.equal(things, [...wanted, 'part of the report']);
  for (const { title, items } of guides) assert.ok(items.length > 4, title);
});

for (const { title, example, items } of guides) {
  const named = nameIn(example);

  test(`${title}: the files are there, and hold what is said`, () => {
    for (const { files, quoted } of items) {
      assert.ok(files.length > 0);
      for (const file of files) {
        assert.ok(existsSync(join(root, file)), file);
        assert.ok(named.test(file) || named.test(read(file)), `${file} does not mention ${example}`);
        for (const text of quoted) assert.ok(standsIn(text, file), `${file}: ${text}`);
      }
    }
  });

  test(`${title}: no other file mentions ${example}`, () => {
    const listed = new Set(items.flatMap(({ files }) => files));
    const others = sources.filter((file) => !listed.has(file) && named.test(codeOf(file)));
    assert.equal(others, []);
    const mentioning = [...listed].filter((file) => sources.includes(file) && named.test(codeOf(file)));
    assert.ok(mentioning.length >= 2);
  });
}

/** Whether a file holds a text; one that is a path names what there is instead. */
function standsIn(text: string, file: string): boolean {
  return /^(src|kernels|test|schema)\//.test(text) ? existsSync(join(root, text)) : read(file).includes(text);
}

test('files that are named beside the lists are there', () => {
  for (const [, file] of read('CONTRIBUTING.md').matchAll(
    /`((?:src|schema|kernels|test|examples|workflows)\/[^`*]*)`/g,
  )) {
    assert.ok(existsSync(join(root, file!)), file);
  }
});

test('the check tells names from words that hold them', () => {
  const name = nameIn('top-k');
  for (const code of ["'top-k': topK", 'interface TopK {', './top-k.js', 'RawTopK']) assert.ok(name.test(code), code);
  for (const code of ['non-top-k', 'top-kernel', 'stopKey', 'topKernel']) assert.not.ok(name.test(code), code);
  const [guide] = guidesOf('## Add a thing\n\nExample: `a-b`.\n\n- `x.ts`, `y.ts`: the line `a: b,` in it.\n');
  assert.equal(guide, {
    title: 'Add a thing',
    example: 'a-b',
    items: [{ files: ['x.ts', 'y.ts'], quoted: ['a: b,'] }],
  });
});

test.run();
