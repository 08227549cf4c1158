import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Figure } from '../../../../src/report/figures/figure.js';
import { seriesClass, seriesLook } from '../../../../src/report/figures/palette.js';
import type { Panel } from '../../../../src/report/figures/panel.js';
import { html } from '../../../../src/report/html.js';
import { combinedFigures } from '../../../../src/report/joined/combined-figure.js';
import type { FigureSource } from '../../../../src/report/joined/study-input.js';
import type { Section } from '../../../../src/report/section.js';

type LinesPanel = Extract<Panel, { kind: 'lines' }>;

function lines(title: string, top: number, looks: readonly number[], of: LinesPanel['y']['of'] = 'energy'): Panel {
  return {
    kind: 'lines',
    title,
    x: { of: 'fraction', label: 'fraction', domain: [0, 1] },
    y: { of, label: 'kept', domain: [0, top] },
    series: looks.map((look) => ({ look: seriesLook(look), points: [{ x: 0.5, y: top / 2, title: 'point' }] })),
  };
}

const figure = (names: readonly string[], panels: readonly Panel[], more: Partial<Figure> = {}): Figure => ({
  name: 'energy',
  title: 'Energy',
  legend: names.map((name, index) => ({ name, look: seriesLook(index) })),
  panels,
  caption: html`<p>How to read it.</p>`,
  ...more,
});

/** A section whose figures are those of the cell at its label. */
function combine(figures: Readonly<Record<string, readonly Figure[]>>, more: Partial<FigureSource> = {}): Figure[] {
  const files = new Map([['energy.csv', '']]);
  const sources = Object.keys(figures).map((label): FigureSource => {
    return { label, input: { params: { files: [label], updates: [] }, files }, ...more };
  });
  const section: Section = {
    heading: 'Energy kept',
    needs: 'energy.csv',
    tables: () => [],
    figures: ({ params }) => figures[params.files[0]!]!,
    render: () => Promise.reject(new Error('not shown')),
  };
  return combinedFigures(section, sources);
}

const linesOf = ({ panels }: Figure) => panels as readonly LinesPanel[];

test('a name has one look in all cells, whatever it is drawn with in its own', () => {
  const [joined] = combine({
    a: [figure(['top-k', 'random'], [lines('useful', 1, [0, 1])])],
    b: [figure(['outputs', 'top-k'], [lines('useful', 1, [0, 1])])],
  });
  assert.equal(
    joined!.legend!.map(({ name }) => name),
    ['top-k', 'random', 'outputs'],
  );
  const looks = new Map(joined!.legend!.map(({ name, look }) => [name, seriesClass(look)]));
  assert.is(new Set(looks.values()).size, 3);
  const drawn = linesOf(joined!).map(({ series }) => series.map(({ look }) => seriesClass(look)));
  assert.equal(drawn, [
    [looks.get('top-k'), looks.get('random')],
    [looks.get('outputs'), looks.get('top-k')],
  ]);
});

test('the colour of a setting stays when its shape is taken', () => {
  const own = { ...seriesLook(0), color: '#ff0000' };
  const [joined] = combine({
    a: [figure([], [lines('useful', 1, [])], { legend: [{ name: 'x', look: own }] })],
    b: [figure([], [lines('useful', 1, [])], { legend: [{ name: 'y', look: own }] })],
  });
  assert.equal(
    joined!.legend!.map(({ look }) => look.color),
    ['#ff0000', '#ff0000'],
  );
  assert.is(new Set(joined!.legend!.map(({ look }) => look.symbol)).size, 2);
});

test('panels of one kind stand in a row, say their cell, and share their axes', () => {
  const [joined] = combine({
    a: [figure(['s'], [lines('useful', 0.5, [0]), lines('harmful', 0.5, [0])])],
    b: [figure(['s'], [lines('useful', 2, [0]), lines('harmful', 2, [0])])],
  });
  assert.equal(
    joined!.panels.map(({ title, startsRow }) => [title, startsRow === true]),
    [
      ['a: useful', true],
      ['b: useful', false],
      ['a: harmful', true],
      ['b: harmful', false],
    ],
  );
  for (const panel of linesOf(joined!)) assert.equal(panel.y.domain, [0, 2]);
});

test('what has a scale of its own in each panel of a cell shares it with the same panel of other cells alone', () => {
  const [joined] = combine({
    a: [figure(['s'], [lines('base', 8, [0]), lines('tuned', 1, [0])])],
    b: [figure(['s'], [lines('base', 6, [0]), lines('tuned', 2, [0])])],
  });
  assert.equal(
    linesOf(joined!).map(({ y }) => y.domain),
    [
      [0, 8],
      [0, 8],
      [0, 2],
      [0, 2],
    ],
  );
});

test('different quantities have axes of their own', () => {
  const [joined] = combine({
    a: [figure(['s'], [lines('useful', 1, [0], { metric: 'utility' })])],
    b: [figure(['s'], [lines('useful', 5, [0], { metric: 'harm' })])],
  });
  assert.equal(
    linesOf(joined!).map(({ y }) => y.domain),
    [
      [0, 1],
      [0, 5],
    ],
  );
});

test('heat maps have one scale, and intervals of one claim one axis', () => {
  const heat = { label: 'energy at ρ = 0.5', max: '0.4' };
  const layer = (max: number): Panel => ({ kind: 'layers', title: 'top-k', values: [], max });
  const [map] = combine({
    a: [figure([], [layer(0.4)], { heat })],
    b: [figure([], [layer(0.8)], { heat: { ...heat, max: '0.8' } })],
  });
  assert.equal(
    map!.panels.map((panel) => panel.kind === 'layers' && panel.max),
    [0.8, 0.8],
  );
  assert.equal(map!.heat, { label: heat.label, max: '0.8' });
  const interval = (high: number): Panel => ({
    kind: 'intervals',
    title: 'claim',
    label: 'effect',
    intervals: [{ name: 'x', value: 0, low: -high, high, holds: [0, null], note: '', title: 'x' }],
  });
  const [claims] = combine({ a: [figure([], [interval(1)])], b: [figure([], [interval(4)])] });
  const limits = claims!.panels.map((panel) => panel.kind === 'intervals' && panel.limits);
  assert.equal(limits[0], limits[1]);
  assert.equal(limits[0], [-4, 4]);
});

test('a caption that is the same in all cells stands there once, others under the name of their cell', () => {
  const panels = [lines('useful', 1, [0])];
  const [same] = combine({ a: [figure(['s'], panels)], b: [figure(['s'], panels)] });
  assert.is(same!.caption.markup.split('How to read it.').length, 2);
  assert.not.match(same!.caption.markup, '<details>');
  const caption = html`<p>Other numbers.</p>`;
  const [other] = combine({ a: [figure(['s'], panels)], b: [figure(['s'], panels, { caption })] });
  assert.match(other!.caption.markup, /<details><summary>[^<]*: b<\/summary>\s*<p>Other numbers\./);
});

test('seeds that are put together are told', () => {
  const [joined] = combine({ a: [figure(['s'], [lines('useful', 1, [0])])] }, { label: '', seeds: [3, 5] });
  assert.match(joined!.caption.markup, 'put together: seeds 3, 5.');
  assert.equal(
    joined!.panels.map(({ title }) => title),
    ['useful'],
  );
});

test('more cells than can be drawn are left to their reports, and said to be', () => {
  const many = Object.fromEntries(
    Array.from({ length: 70 }, (_, cell) => [`cell${cell}`, [figure(['s'], [lines('useful', 1, [0])])]]),
  );
  const [joined] = combine(many);
  assert.is(joined!.panels.length, 60);
  assert.match(joined!.caption.markup, 'The first 60 of 70 are drawn');
});

test('figures with other titles stand under the heading of their section', () => {
  const panels = [lines('useful', 1, [0])];
  const [joined] = combine({ a: [figure(['s'], panels)], b: [figure(['s'], panels, { title: 'At η = 0.4' })] });
  assert.is(joined!.title, 'Energy kept');
});

test.run();
