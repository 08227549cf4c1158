import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { schemaFields } from '../../../src/workflow/schema-fields.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Sections whose kinds have a file each in the schema, the language and the plan. */
const rooms = [
  { section: 'metrics', field: /^metrics\.\*\(([a-z-]+)\)/ },
  { section: 'subspaces', field: /^subspaces\.\*\(([a-z-]+)\)/ },
  { section: 'claims', field: /^claims\.\*\(([a-z-]+)\)/ },
  { section: 'judges', field: /^metrics\.\*\(judge\)\.judge\(([a-z-]+)\)/ },
] as const;

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
        ...roomsOf(section).map((room) => `${room}/${kind}.ts`),
      ]) {
        assert.ok(existsSync(join(root, file)), file);
      }
    }
  }
});

test('nothing in the language and the plan asks what kind it is but the own file and the registry', () => {
  const names = ['metrics', 'subspaces', 'claims'].flatMap((section) =>
    kindsOf(rooms.find((room) => room.section === section)!.field),
  );
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
