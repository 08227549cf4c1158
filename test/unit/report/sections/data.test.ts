import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../../src/formats/digest.js';
import type { TokeniseSummary } from '../../../../src/formats/step-results.js';
import { dataCsv } from '../../../../src/report/tables/data.js';
import { dataTable } from '../../../../src/steps/data-table.js';
import { implementationOf } from '../../../../src/worker/implementations.js';
import { MemoryContext } from '../../steps/memory-context.js';
import { bodyRows, hostile, isHarmless, sectionOf } from './one-section.js';

const summary: TokeniseSummary = { rows: 1200, tokens: 34_567, targets: 9000, truncated: 3, dropped: 2, withoutTarget: 1, merged: 45 }; // biome-ignore format: one line
const trained = { metric: null, model: 'useful', dataset: 'problems', summary };
const measured = { metric: 'loss', model: 'base', dataset: 'notes', summary: { ...summary, merged: 0 } };

test('data.csv has what became of the rows of every dataset, as the summaries of the tokenise steps say', async () => {
  const bytes = Buffer.from(JSON.stringify(summary));
  const objects = new Map([[digestOf(bytes), bytes as Uint8Array]]);
  const { summary: _, ...row } = trained;
  const context = new MemoryContext(
    { rows: [row] },
    { '0': { summary: { digest: digestOf(bytes), bytes: bytes.length } } },
    objects,
  );
  await (await implementationOf(dataTable.kind))(context);
  const text = Buffer.from(objects.get(context.outputs['data.csv']!.digest)!).toString();
  assert.is(text, dataCsv([trained]));
  assert.is(
    text,
    'metric,model,dataset,rows,tokens,targets,truncated,dropped,without_target,merged\n' +
      ',useful,problems,1200,34567,9000,3,2,1,45\n',
  );
});

test('the report says of every dataset what it was used for, and how many rows were cut, left out or merged', async () => {
  const { section, text } = await sectionOf('data', { 'data.csv': dataCsv([trained, measured]) });
  assert.equal(bodyRows(section), [
    ['problems', 'trains useful', '1,200', '34,567', '9,000', '3', '2', '1', '45'],
    ['notes', 'loss of base', '1,200', '34,567', '9,000', '3', '2', '1', '0'],
  ]);
  assert.match(text, /Merged: the response’s first token joins the prompt’s last/);
  const { document } = await sectionOf('data', { 'data.csv': dataCsv([{ ...trained, dataset: hostile }]) });
  assert.ok(isHarmless(document));
});

test.run();
