import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../src/diagnostics/errors.js';
import { digestOf } from '../../../src/formats/digest.js';
import { restoreResults } from '../../../src/history/results-folder.js';
import { matchingRunSteps, stepsOf } from '../../../src/history/run-steps.js';
import { Store } from '../../../src/store/store.js';
import { temporaryFolder } from '../store/temporary-store.js';

async function begun() {
  const store = Store.open(temporaryFolder());
  const run = await store.runs.begin({ name: 'lab', file: '/lab.yaml' });
  return { store, run, id: run.record.id };
}

test('restore writes nothing outside its folder, whatever stands in a record', async () => {
  const { store, id } = await begun();
  const { digest } = await store.objects.put('bytes');
  const names = ['energy.csv', '../escaped', 'a/../../escaped', '/escaped', '..', '.', 'a//b', '..\\escaped', ''];
  const text = JSON.stringify({ run: id, results: names.map((file) => ({ file, step: 's', digest })) });
  const above = temporaryFolder();
  const to = join(above, 'deep', 'back');
  await store.runs.writeDocument(id, 'results', { folder: '/results', text });
  const { written } = await restoreResults(store, id, to);
  assert.equal(written, ['energy.csv', 'run.json']);
  assert.equal(readdirSync(above, { recursive: true, encoding: 'utf8' }).sort(), [
    ...['deep', 'deep/back', 'deep/back/energy.csv', 'deep/back/run.json'],
  ]);
  assert.is(readFileSync(join(to, 'run.json'), 'utf8'), text);
});

test('a record of an earlier form, whose parts name folders of their own, is not restored', async () => {
  const { store, id } = await begun();
  const above = temporaryFolder();
  await store.runs.writeDocument(id, 'results', { folder: '/results', records: [{ at: '../..', text: '{}' }] });
  const error = await restoreResults(store, id, join(above, 'a', 'b', 'back')).catch((thrown: unknown) => thrown);
  assert.instance(error, UsageError);
  assert.not.ok(existsSync(join(above, 'run.json')));
});

test('the kind of a step is what its run planned, whatever stands in front of its id', async () => {
  const { store, run, id } = await begun();
  const ids = ['lr=1e-5/train[useful]', 'data=[a/b]/train[useful]', 'seed 1/svd[a,layers[0]]'];
  await store.runs.writeDocument(id, 'kinds', { [ids[0]!]: 'train', [ids[1]!]: 'train', [ids[2]!]: 'svd' });
  for (const step of ids) run.use(digestOf(step), step);
  assert.equal(
    stepsOf(store, id).map(({ kind }) => kind),
    ['train', 'train', 'svd'],
  );
  assert.equal(
    matchingRunSteps(store, run.record, 'train').map((step) => step.id),
    ids.slice(0, 2),
  );
});

test.run();
