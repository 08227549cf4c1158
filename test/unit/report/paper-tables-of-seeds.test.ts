import { parse } from 'csv-parse/sync';
import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportPage } from '../../../src/report/page.js';
import { paperTables, tableText } from '../../../src/report/paper-tables/table-files.js';
import type { ReportInput } from '../../../src/report/section.js';
import { activationColumns } from '../../../src/report/tables/activations.js';
import { type RowOf, readTable, type TableColumns, writeTable } from '../../../src/report/tables/csv.js';
import { energyColumns } from '../../../src/report/tables/energy.js';
import { evaluationColumns } from '../../../src/report/tables/evaluation.js';
import { overlapColumns } from '../../../src/report/tables/overlap.js';
import { reportPartNames } from '../../../src/workflow/report.js';
import { exampleReport } from './example.js';

/** Tables in the layout of papers, of models with several training seeds. */

const trainingSeeds = [1, 2, 3];

/** The rows of a table once a training seed, each with its measure halved and moved up by a tenth a seed. */
function seeded<C extends TableColumns>(text: string, columns: C, measure: keyof RowOf<C> & string): string {
  const rows = trainingSeeds.flatMap((seed) =>
    readTable(text, columns).map((row) => {
      const value = row[measure] as number | null;
      return { ...row, [measure]: value === null ? null : value / 2 + seed / 10, training_seed: seed } as RowOf<C>;
    }),
  );
  return writeTable(columns, rows);
}

function seededReport(): ReportInput {
  const input = exampleReport();
  const text = (name: string) => input.files.get(name)!;
  const files = new Map([
    ['energy.csv', seeded(text('energy.csv'), energyColumns, 'energy_kept')],
    ['overlap.csv', seeded(text('overlap.csv'), overlapColumns, 'overlap')],
    ['activations.csv', seeded(text('activations.csv'), activationColumns, 'overlap')],
    ['evaluation.csv', seeded(text('evaluation.csv'), evaluationColumns, 'value')],
  ]);
  return { ...input, files };
}

test('a table says of several training seeds what the page says, and takes no subspace seed or tensor for one', async () => {
  const input = seededReport();
  const { document } = parseHTML(await reportPage(input, { digests: new Map(), version: '0' }));
  const onPage = new Set([...document.querySelectorAll('td')].map(({ firstChild }) => firstChild?.textContent?.trim()));
  // A selectivity counts the seeds of all kinds together, on the page as in its table.
  const tables = paperTables(
    input,
    reportPartNames.filter((part) => part !== 'selectivity'),
  );
  assert.equal(
    tables.map(({ name }) => name),
    [
      'energy',
      'behaviour-utility',
      'models-utility',
      'behaviour-harmfulness',
      'models-harmfulness',
      'behaviour-harmfulness.share-of-5',
      'models-harmfulness.share-of-5',
      'models',
      'overlap',
      'activations',
    ],
  );
  for (const table of tables) {
    const cells = tableText(table, 'md')
      .split('\n')
      .slice(4, -1)
      .flatMap((row) => row.split('|').map((cell) => cell.trim()));
    const told = cells.flatMap((cell) => cell.match(/^.*\(\d+\)/) ?? []);
    assert.ok(told.length > 0, table.name);
    for (const cell of told) assert.ok(onPage.has(cell), `${table.name}: ${cell} is not on the page`);
    assert.match(table.title, /training seeds/);
    assert.match(tableText(table, 'tex'), /\$\d\.\d+ \\pm 0\.100\$ \(3\)/);
    const [head, ...rows] = parse(tableText(table, 'csv')) as string[][];
    const counts = head!.flatMap((name, index) => (name.endsWith(' n') ? rows.map((row) => row[index]) : []));
    assert.equal(
      [...new Set(counts)].sort(),
      table.name === 'overlap' || table.name === 'activations' ? ['', '3'] : ['3'],
    );
  }
});

test('the deviation is that of means of training seeds, whatever the seeds of the subspace differ by', () => {
  const [energy] = paperTables(seededReport(), ['energy']);
  const { rows } = paperTables(exampleReport(), ['energy'])[0]!;
  const index = rows.findIndex(({ labels }) => labels.includes('random'));
  for (const [column, { mean, deviation, seeds }] of energy!.rows[index]!.numbers.map((number) => number!).entries()) {
    const single = rows[index]!.numbers[column]!;
    assert.ok(single.deviation! > 0 && single.seeds === undefined);
    assert.ok(Math.abs(mean - (single.mean / 2 + 0.2)) < 1e-12);
    assert.ok(Math.abs(deviation! - 0.1) < 1e-12);
    assert.is(seeds, 3);
  }
});

test.run();
