import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { placeholders } from '../../../../src/run/queues/placeholders.js';
import { executorsSchema } from '../../../../src/workflow/schema.js';

const readme = readFileSync(new URL('../../../../../README.md', import.meta.url), 'utf8');
const section = readme.split('### The executors file')[1]!.split(/\n##+ /)[0]!;

/** Words in code in the first cells of the rows of a table. */
function firstCells(pattern: RegExp): string[] {
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => [...row.split('|')[1]!.matchAll(pattern)].map(([, name]) => name!)).sort();
}

test('the README has every placeholder and no other', () => {
  const known = Object.values(placeholders).flatMap((of) => Object.keys(of));
  assert.equal(firstCells(/`\{(\w+)\}`/g), [...new Set(known)].sort());
});

test('the README has every field of the executors file and no other', () => {
  const known = Object.values(executorsSchema().properties!).flatMap(({ properties }) => Object.keys(properties!));
  assert.equal(firstCells(/`(\w+)`/g), [...new Set(known)].sort());
});

test.run();
