import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { contracts } from '../../../src/steps/contracts.js';

const root = new URL('../../../../', import.meta.url).pathname;
const document = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');

test('ARCHITECTURE.md has every kind of step in its table and no other', () => {
  const table = document.slice(document.indexOf('## Step kinds'), document.indexOf('## Rules'));
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, kind]) => kind!));
  assert.equal(told.sort(), Object.keys(contracts).sort());
});

test('files that ARCHITECTURE.md names by their folder are there', () => {
  const missing = [...document.matchAll(/`((?:src|test|schema|kernels|workflows)\/[\w./-]+\.\w+)`/g)]
    .map(([, file]) => file!)
    .filter((file) => !existsSync(join(root, file)));
  assert.equal(missing, []);
});

test.run();
