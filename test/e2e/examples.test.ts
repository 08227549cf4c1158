import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { examples, examplesOfCheckpoints, examplesOfTheHub } from '../fixtures/examples/examples.js';
import { Sandbox } from '../sandbox.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const expectedTables = join(root, 'test', 'fixtures', 'examples');

/** Columns of numbers that are the same on every device. */
const counts = [
  'seed',
  'training_seed',
  'fraction',
  'energy',
  'layer',
  'rank',
  'rank_max',
  'k_a',
  'k_b',
  'd',
  'd_a',
  'd_b',
  'n',
  'times',
];

const test = suite('examples');

for (const { name, tables, tolerance, programs } of examples) {
  test(`examples/${name}.yaml gives its expected tables`, async () => {
    if (programs !== undefined && spawnSync(programs, ['--version']).status !== 0) {
      return console.log(`skipped: there is no ${programs}`);
    }
    const sandbox = await Sandbox.make();
    try {
      const file = join(root, 'examples', `${name}.yaml`);
      await sandbox.run([file, '--out', 'results', ...(programs === undefined ? [] : ['--allow-commands'])]);
      for (const table of tables) {
        const expected = rowsOf(join(expectedTables, name, table));
        const made = rowsOf(sandbox.path('results', table));
        assert.is(made.length, expected.length, table);
        for (const [line, row] of expected.entries()) {
          assert.equal(Object.keys(made[line]!), Object.keys(row), `columns of ${table}`);
          for (const [column, value] of Object.entries(row)) {
            const where = `${table}, line ${line + 2}, ${column}`;
            compare(made[line]![column]!, value, counts.includes(column) ? 0 : tolerance, where);
          }
        }
      }
      const files = readdirSync(sandbox.path('results'), { recursive: true, encoding: 'utf8' });
      const pages = files.filter((made) => made.endsWith('report.html'));
      assert.ok(pages.length > 0);
      for (const page of pages) assert.match(readFileSync(sandbox.path('results', page), 'utf8'), '<figure', page);
    } finally {
      await sandbox.remove();
    }
  });
}

test('every example runs in a test, or needs the hub', () => {
  const tested = readdirSync(join(root, 'test', 'e2e'))
    .filter((file) => file.endsWith('.ts') && file !== 'examples.test.ts')
    .map((file) => readFileSync(join(root, 'test', 'e2e', file), 'utf8'))
    .join('\n');
  const names = readdirSync(join(root, 'examples')).flatMap((file) => /^(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const known = [...examples.map(({ name }) => name), ...examplesOfTheHub, ...examplesOfCheckpoints];
  const untested = names.filter(
    (name) => !known.includes(name) && !tested.includes(`${name}.yaml'`) && !tested.includes(`examples/${name}.yaml`),
  );
  assert.equal(untested, []);
  for (const name of known) assert.ok(existsSync(join(root, 'examples', `${name}.yaml`)), name);
  for (const name of examplesOfTheHub) {
    assert.match(readFileSync(join(root, 'examples', `${name}.yaml`), 'utf8'), /\bhub:/, name);
  }
});

function rowsOf(file: string): readonly Readonly<Record<string, string>>[] {
  return parse(readFileSync(file), { columns: true }) as Record<string, string>[];
}

/** Numbers agree as far as two devices do; texts, counts and missing values are the same. */
function compare(made: string, expected: string, tolerance: number, where: string): void {
  if (expected === '' || Number.isNaN(Number(expected))) {
    assert.is(made, expected, where);
    return;
  }
  const difference = Math.abs(Number(made) - Number(expected));
  assert.ok(
    difference <= tolerance * Math.max(1, Math.abs(Number(expected))),
    `${where}: ${made}, expected ${expected}`,
  );
}

test.run();
