import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { familyNames } from '../../../src/formats/families/registry.js';
import { schemaFields } from '../../../src/workflow/schema-fields.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Sections whose kinds have a file each in the schema, the language and the plan, and the fields that name them. */
const rooms = [
  { section: 'models', field: /^models\.\*\(([a-z-]+)\)/ },
  { section: 'datasets', field: /^datasets\.\*\(([a-z-]+)\)/ },
  { section: 'metrics', field: /^metrics\.\*\(([a-z-]+)\)/ },
  { section: 'subspaces', field: /^subspaces\.\*\(([a-z-]+)\)/ },
  { section: 'sweeps', field: /^sweeps\.\*\(([a-z-]+)\)/ },
  { section: 'claims', field: /^claims\.\*\(([a-z-]+)\)/ },
  { section: 'judges', field: /^metrics\.\*\(judge\)\.judge\(([a-z-]+)\)/ },
] as const;

/** Kinds of the schema whose room has another name: three ways to say that a model is trained, and a verb. */
const roomNames: Readonly<Record<string, string>> = {
  pretrain: 'train',
  align: 'train',
  finetune: 'train',
  project: 'projected',
};

function kindsOf(field: RegExp): string[] {
  return [...new Set(schemaFields().flatMap(({ path }) => field.exec(path)?.[1] ?? []))];
}

test('every kind has a file of its name in each room', () => {
  for (const { section, field } of rooms) {
    const kinds = kindsOf(field);
    assert.ok(kinds.length > 1, section);
    for (const kind of kinds) {
      for (const file of [
        `schema/kinds/${section}/${kind}.json`,
        ...roomsOf(section).map((room) => `${room}/${roomNames[kind] ?? kind}.ts`),
      ]) {
        assert.ok(existsSync(join(root, file)), file);
      }
    }
  }
});

test('nothing asks what kind it is but the own file', () => {
  const kinds = rooms.flatMap(({ field }) => kindsOf(field)).map((kind) => roomNames[kind] ?? kind);
  // What of the hub a repository is, a model or a dataset, is no kind of judge.
  const names = new Set([...kinds, ...familyNames].filter((name) => name !== 'model'));
  assert.ok(names.size > 25);
  const one = `'(${[...names].join('|')})'`;
  const asks = new RegExp(`(?:kind|family)\\)? *[!=]== *${one}|case ${one}`, 'g');
  const asked = (text: string) => [...text.matchAll(asks)].map(([, compared, chosen]) => compared ?? chosen!);
  assert.equal(asked("if (metric.kind === 'mso' || config.family !== 'qwen2') return;"), ['mso', 'qwen2']);
  assert.equal(asked("    case 'top-k':"), ['top-k']);
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    for (const kind of asked(readFileSync(join(root, 'src', file), 'utf8'))) {
      assert.ok(file.endsWith(`/${kind}.ts`), `src/${file} asks for ${kind}`);
    }
  }
});

function roomsOf(section: string): string[] {
  const judged = section === 'claims' ? [`src/eval/${section}`] : [];
  return [`src/workflow/${section}`, `src/plan/${section}`, ...judged];
}

test.run();
