import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { DrawnPanel } from '../../../../src/report/figures/drawn-figure.js';
import { type PrintRow, pagesOf, printRows } from '../../../../src/report/figures/print-rows.js';

/** How figures are divided over pages. */

const row = (height: number): PrintRow => ({ panels: [], titles: 20, height });
const heights = (pages: readonly (readonly PrintRow[])[]) => pages.map((rows) => rows.map(({ height }) => height));

test('a page takes as many rows as it has room for', () => {
  assert.equal(heights(pagesOf([[row(40), row(50), row(20), row(80)]], 100)), [
    [40, 50],
    [20, 80],
  ]);
});

test('rows that show the same stay together where a page has room for them, and else begin where there is room', () => {
  assert.equal(heights(pagesOf([[row(30)], [row(40), row(40)], [row(20)]], 100)), [[30], [40, 40, 20]]);
  assert.equal(heights(pagesOf([[row(30)], [row(60), row(60)]], 100)), [[30, 60], [60]]);
});

test('a drawing that is higher than a page is made as small as it has to be', () => {
  const drawing = { element: undefined as unknown as Element, width: 400, height: 2000 };
  const panel: DrawnPanel = { title: 'tall', wide: true, drawing, startsRow: false };
  const small: DrawnPanel = { ...panel, title: 'small', drawing: { ...drawing, height: 300 } };
  const rows = printRows([panel, small], 908, 1000);
  assert.is(rows.length, 1);
  assert.ok(Math.abs(rows[0]!.height - 1000) < 1e-9);
  const [first, second] = rows[0]!.panels;
  assert.ok(first!.scale < 0.5);
  assert.is(second!.scale, 1);
});

test.run();
