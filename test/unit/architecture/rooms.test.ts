import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { schemaFields } from '../../../src/workflow/schema-fields.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Sections whose kinds have a file each in the schema, the language and the plan, and the fields that name them. */
const rooms = [
  { section: 'models', field: /^models\.\*\(([a-z-]+)\)/ },
  { section: 'datasets', field: /^datasets\.\*\(([a-z-]+)\)/ },
  { section: 'metrics', field: /^metrics\.\*\(([a-z-]+)\)/ },
  { section: 'subspaces', field: /^subspaces\.\*\(([a-z-]+)\)/ },
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
    assert.ok(kinds.length > 2, section);
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

test('nothing in the language and the plan asks what kind it is but the own file and the registry', () => {
  const kinds = rooms.filter(({ section }) => section !== 'judges').flatMap(({ field }) => kindsOf(field));
  const names = [...new Set(kinds.map((kind) => roomNames[kind] ?? kind))];
  const asks = new RegExp(`kind\\)? *[!=]== *'(${names.join('|')})'|case '(${names.join('|')})'`);
  assert.ok(asks.test("if (metric.kind === 'mso') return;"));
  assert.ok(asks.test("    case 'top-k':"));
  for (const folder of ['src/workflow', 'src/plan', 'src/eval', 'src/report', 'src/run', 'src/cli']) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const found = asks.exec(readFileSync(join(root, folder, file), 'utf8'));
      const own = found !== null && file.endsWith(`/${found[1] ?? found[2]}.ts`);
      assert.ok(found === null || own, `${folder}/${file}: ${found?.[0]}`);
    }
  }
});

function roomsOf(section: string): string[] {
  const judged = section === 'claims' ? [`src/eval/${section}`] : [];
  return [`src/workflow/${section}`, `src/plan/${section}`, ...judged];
}

test.run();
