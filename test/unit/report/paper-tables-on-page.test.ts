import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportPage } from '../../../src/report/page.js';
import { meanText, rangeOf, valueText } from '../../../src/report/paper-tables/number-text.js';
import type { PaperColumn, PaperNumber, PaperRow, PaperTable } from '../../../src/report/paper-tables/paper-table.js';
import { paperTables, tableText } from '../../../src/report/paper-tables/table-files.js';
import type { ReportInput } from '../../../src/report/section.js';
import { type ReportPart, reportPartNames } from '../../../src/workflow/report.js';
import { exampleReport } from './example.js';
import { evaluationFile } from './sections/evaluation-csv.js';

/** Tables in the layout of papers say what the tables of the page say, row by row. */

/** A cell of the page: its text, and the small print below it. */
interface PageCell {
  readonly text: string;
  readonly below: string;
}

/** Every file but the claims once a training seed, and cases of claims by one of them. */
function withTrainingSeeds(input: ReportInput): ReportInput {
  const files = [...input.files].map(([name, text]): [string, string] => {
    const [head, ...lines] = text.trimEnd().split('\n');
    const seeded =
      name === 'claims.csv'
        ? lines.map((line) => `${line},${line.split(',')[2] === '' ? '' : 3}`)
        : lines.flatMap((line) => [`${line},3`, `${line},5`]);
    return [name, `${[`${head},training_seed`, ...seeded].join('\n')}\n`];
  });
  return { ...input, files: new Map(files) };
}

async function pageOf(input: ReportInput): Promise<Document> {
  return parseHTML(await reportPage(input, { digests: new Map(), version: '0' })).document;
}

/** Rows of the tables of a section, and of one table where the page shows the table itself. */
function rowsOf(document: Document, part: ReportPart): PageCell[][] {
  const rows = [...document.getElementById(part)!.querySelectorAll('tbody tr')];
  return rows.map((row) =>
    [...row.children].map((cell) => {
      const below = cell.querySelector('small')?.textContent ?? '';
      const all = cell.textContent;
      return { text: spaced(below === '' ? all : all.slice(0, all.lastIndexOf(below))), below: spaced(below) };
    }),
  );
}

const spaced = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

/** Without training seeds the page says the range where the paper's table says the deviation. */
function numberText(number: PaperNumber | null, column: PaperColumn): string {
  if (number === null) return '–';
  return number.seeds === undefined ? valueText(number.mean, column) : meanText(number, column);
}

/** Whether texts stand in a row in this order, whatever stands between them. */
function isWithin(texts: readonly string[], row: readonly string[]): boolean {
  let from = 0;
  return texts.every((text) => {
    const at = row.indexOf(text, from);
    from = at + 1;
    return at >= 0;
  });
}

/** Parts whose table on the page is the paper's. */
const same: readonly ReportPart[] = [
  ...(['trade-off', 'selectivity', 'spectrum', 'cosine', 'angles', 'cka', 'realign', 'loss', 'data'] as const),
];

const textsOf = (row: readonly PageCell[]) => row.map(({ text }) => text);
const numbersOf = ({ numbers }: PaperRow, { columns }: PaperTable) =>
  numbers.map((number, at) => numberText(number, columns[at]!));

/** Whether a row of the page says what a row of a table of another layout says. */
const says: {
  readonly [Part in ReportPart]?: (row: PaperRow, table: PaperTable, cells: readonly PageCell[]) => boolean;
} = {
  claims({ labels, numbers: [effect, n] }, { columns }, cells) {
    const [claim, name, verdict, condition] = labels as [string, string, string, string];
    const range = effect === null ? undefined : rangeOf(effect!, columns[0]!);
    const [first, found, value, interval, count, where] = textsOf(cells);
    return (
      first === (name === '' ? claim : name) &&
      found!.endsWith(verdict) &&
      value === numberText(effect!, columns[0]!) &&
      (range === undefined || interval === range) &&
      count === numberText(n!, columns[1]!) &&
      where === condition
    );
  },
  energy: (row, table, cells) => isWithin([...row.labels, ...numbersOf(row, table)], textsOf(cells)),
  behaviour(row, table, cells) {
    const numbers = numbersOf(row, table);
    if (table.name.startsWith('models-')) {
      const [value, invalid, of] = numbers;
      const [model] = row.labels;
      return isWithin([model!, `${invalid} of ${of}`, value!], textsOf(cells));
    }
    const projected = numbers.filter((_, at) => table.columns[at]!.over !== undefined);
    return isWithin([...row.labels, ...projected], textsOf(cells));
  },
  overlap: (row, table, cells) => saysOverlap(row, table, cells, [row.labels[0]!]),
  activations: (row, table, cells) => saysOverlap(row, table, cells, [row.labels[1]!, row.labels[2]!]),
};

function saysOverlap(row: PaperRow, table: PaperTable, cells: readonly PageCell[], names: readonly string[]): boolean {
  const numbers = numbersOf(row, table);
  if (row.labels.at(-1) === 'overlap') return isWithin([...names, ...numbers], textsOf(cells));
  return isWithin(names, textsOf(cells)) && isWithin(numbers, cells.map(({ below }) => below)); // biome-ignore format: one line
}

for (const [name, input] of Object.entries({
  'one seed': exampleReport(),
  seeds: withTrainingSeeds(exampleReport()),
})) {
  test(`every row of every table for a paper stands on the page: ${name}`, async () => {
    const document = await pageOf(input);
    for (const part of reportPartNames) {
      const tables = paperTables(input, [part]);
      assert.ok(tables.length > 0, part);
      const shown = rowsOf(document, part);
      if (same.includes(part)) {
        const rows = tables.flatMap((table) =>
          table.rows.map((row) => [
            ...row.labels.map((text) => ({ text: spaced(text), below: '' })),
            ...row.numbers.map((number, at) => ({
              text: number === null ? '–' : meanText(number, table.columns[at]!),
              below: (number && rangeOf(number, table.columns[at]!)) ?? '',
            })),
          ]),
        );
        assert.equal(shown, rows, part);
        continue;
      }
      for (const table of tables) {
        assert.ok(table.rows.length > 0, table.name);
        for (const row of table.rows) {
          assert.ok(
            shown.some((cells) => says[part]!(row, table, cells)),
            `${table.name}: ${row.labels.join(', ')}`,
          );
        }
      }
    }
  });
}

/** Heads of columns that only the page has: README names them. */
const onlyOnPage: ReadonlySet<string> = new Set(['n', 'seeds', 'invalid', 'tensors', 'layers']);

/** Numbers of the rows of a section that are no columns of the page alone: what stands in a cell, and below it. */
function numbersOnPage(document: Document, part: ReportPart): PageCell[] {
  return [...document.getElementById(part)!.querySelectorAll('.table')].flatMap((table) => {
    const [first] = table.querySelectorAll('thead tr');
    const heads = [...first!.children].map(spacedText);
    return [...table.querySelectorAll('tbody tr')].flatMap((row) => {
      let column = 0;
      return [...row.children].flatMap((cell): PageCell[] => {
        const head = heads[column] ?? '';
        column += Number(cell.getAttribute('colspan') ?? 1);
        const below = spacedText(cell.querySelector('small'));
        const text = spaced(spacedText(cell).slice(0, below === '' ? undefined : -below.length));
        const isNumber = /^[>\d−]/.test(text) && !cell.matches('th, .text:not(.whole)');
        return isNumber && !onlyOnPage.has(head) ? [{ text, below }] : [];
      });
    });
  });
}

const spacedText = (element: Element | null) => spaced(element?.textContent ?? '');

/** The same with groups of items, and with a combined model along the multiples of a term. */
function withGroupsAndTimes(input: ReportInput): ReportInput {
  const { 'evaluation.csv': more } = evaluationFile(
    { metric: 'utility/law', model: 'aligned', value: 0.1234, ci_low: 0.0456, ci_high: 0.2345, n: 1234 },
    { metric: 'utility', model: 'resta', times: 2, value: 0.3456, ci_low: 0.2987, ci_high: 0.4321 },
    { metric: 'harmfulness', model: 'resta', times: 2, value: 2.3456 },
  );
  const text = `${input.files.get('evaluation.csv')!}${more.slice(more.indexOf('\n') + 1)}`;
  return { ...input, files: new Map([...input.files, ['evaluation.csv', text]]) };
}

test('every number of the tables of the page stands in a table for papers, but what README says', async () => {
  const input = withGroupsAndTimes(exampleReport());
  const document = await pageOf(input);
  const text = paperTables(input, reportPartNames)
    .map((table) => tableText(table, 'md'))
    .join('\n');
  const told = new Set([...text.matchAll(/[>−]?\s?\d[\d.,]*(?: × 10[⁻⁰-⁹²³¹]+)?/g)].map(([number]) => number.trim()));
  const ranges = new Set([...text.matchAll(/\[([^\]]+)\]/g)].map(([, range]) => range!));
  let numbers = 0;
  for (const part of reportPartNames) {
    for (const cell of numbersOnPage(document, part)) {
      numbers++;
      assert.ok(told.has(cell.text) || ranges.has(cell.text), `${part}: ${cell.text}`);
      // Below an energy stand the lowest and the highest seed, below an overlap what chance gives.
      if (cell.below === '' || part === 'energy') continue;
      assert.ok(ranges.has(cell.below) || told.has(cell.below), `${part}: ${cell.text}, below it ${cell.below}`);
    }
  }
  assert.ok(numbers > 200, `${numbers}`);
});

test.run();
