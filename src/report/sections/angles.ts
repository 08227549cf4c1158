import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { Panel } from '../figures/panel.js';
import { html } from '../html.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import { type PaperRow, type PaperTable, plainNumber } from '../paper-tables/paper-table.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, nearestTo, summarize } from '../statistics.js';
import { type AngleRow, angleColumns } from '../tables/angles.js';
import { readResult } from '../tables/result-rows.js';
import { type RowOfSeed, seedSuffix } from '../training-seeds.js';
import { significantText } from '../wording.js';

/** A row whose two sides have vectors. */
type Measured = {
  readonly [Name in Exclude<keyof AngleRow, 'training_seed'>]: NonNullable<AngleRow[Name]>;
} & RowOfSeed;

export const anglesSection: Section = {
  heading: 'Angles between update subspaces',
  needs: 'angles.csv',
  figures: (input) => figuresOf(read(input)),
  tables: (input) => tablesOf(read(input)),
  async render(input, show) {
    const shown = read(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(shown), input))}
      ${show.table && tableOnPage('Principal angles, mean over tensors', tableOf(shown), note)}`;
  },
};

function read({ files, params }: FigureInput) {
  const text = files.get('angles.csv')!;
  const style = new SeriesStyle(params.style);
  const rows = style.sorted(readResult(files, 'angles.csv', angleColumns), ({ pair }) => pair);
  return { text, rows, measured: rows.filter((row): row is Measured => row.grassmann !== null), style };
}

function figuresOf({ text, rows, measured, style }: ReturnType<typeof read>): Figure[] {
  return [figure(measured, text, style), layers(rows, style)].filter((one) => one !== undefined);
}

const degrees = (angle: number) => (angle * 180) / Math.PI;

/** Root mean square of a row's angles, in degrees. */
function meanAngle({ grassmann, k_a, k_b }: Measured): number {
  return degrees(grassmann / Math.sqrt(Math.min(k_a, k_b)));
}

const mean = (rows: readonly Measured[], of: (row: Measured) => number) => summarize(rows.map(of)).mean;

function figure(rows: readonly Measured[], text: string, style: SeriesStyle): Figure | undefined {
  if (rows.length === 0) return undefined;
  const looks = style.looksFor(rows.map(({ pair }) => pair));
  const panels = byPair(rows).map((group): Panel => {
    const pair = nameOf(group, style);
    const points = [...groupBy(group, ({ energy }) => String(energy)).values()].map((tensors) => ({
      x: tensors[0]!.energy,
      y: mean(tensors, meanAngle),
      low: degrees(mean(tensors, ({ smallest }) => smallest)),
      high: degrees(mean(tensors, ({ largest }) => largest)),
      title: titleOf(`${pair}, η = ${tensors[0]!.energy}`, tensors),
    }));
    return {
      kind: 'lines',
      title: pair,
      x: { of: 'eta', label: 'energy η that the subspaces hold', domain: [0, 1] },
      y: { of: 'angle', label: 'principal angle, degrees', domain: [0, 90] },
      series: [{ look: looks.get(group[0]!.pair)!, points: points.sort((a, b) => a.x - b.x) }],
    };
  });
  return {
    name: 'angles',
    title: 'How far the main directions of two updates are turned against each other',
    legend: [...looks].map(([pair, look]) => ({ name: style.calledPair(pair), look })),
    panels,
    caption: html`
      <p><b>Principal angles</b> θ between two subspaces are the arccosines of the singular values of
      U<sub>A</sub>ᵀ U<sub>B</sub>, where U holds the first k left singular vectors of a tensor’s update, and k is the smallest
      number of them with η of the squared singular values. There are min(k<sub>A</sub>, k<sub>B</sub>) of them. The line is
      their root mean square, the band reaches from the smallest to the largest angle; all are means over tensors. The mean of
      cos² θ is the mode subspace overlap.</p>
      <p><b>How to read it.</b> 0°: a direction of one is a direction of the other; 90°: they have nothing in common. In a space
      of few dimensions large subspaces meet at small angles by chance.</p>
      <p class="downloads">Data: ${download(text, 'angles.csv', 'all tensors')}, <a href="angles.csv">angles.csv</a>.</p>`,
  };
}

/** The rows of each pair, of every training seed by itself. */
function byPair<Row extends AngleRow | Measured>(rows: readonly Row[]): Row[][] {
  return [...groupBy(rows, (row) => JSON.stringify([row.pair, seedSuffix(row)])).values()];
}

function nameOf([first]: readonly (AngleRow | Measured)[], style: SeriesStyle): string {
  return `${style.calledPair(first!.pair)}${seedSuffix(first!)}`;
}

function titleOf(what: string, rows: readonly Measured[]): string {
  const text = (angle: number) => `${significantText(angle)}°`;
  const smallest = degrees(mean(rows, (row) => row.smallest));
  const largest = degrees(mean(rows, (row) => row.largest));
  return `${what}\nroot mean square ${text(mean(rows, meanAngle))}\nsmallest ${text(smallest)}, largest ${text(largest)}`;
}

function layers(rows: readonly AngleRow[], style: SeriesStyle): Figure | undefined {
  const middle = nearestTo(
    0.5,
    rows.map(({ energy }) => energy),
  );
  const chosen = rows.filter(({ energy, d }) => energy === middle && d !== 1);
  if (!chosen.some(({ grassmann }) => grassmann !== null)) return undefined;
  const panels = byPair(chosen).map((group): Panel => {
    const values = group.map((row) => ({
      tensor: row.tensor,
      value: row.grassmann === null ? null : meanAngle(row as Measured),
      title:
        row.grassmann === null
          ? `${row.tensor}\nnot changed by both updates`
          : titleOf(`${row.tensor}\nranks ${row.k_a} and ${row.k_b} of ${row.d}`, [row as Measured]),
    }));
    return { kind: 'layers', title: nameOf(group, style), values, max: 90 };
  });
  return {
    name: 'angles-by-tensor',
    title: `Principal angles tensor by tensor, at η = ${middle}`,
    heat: { label: 'root mean square of the principal angles', max: '90°' },
    panels,
    caption: html`<p>One cell a tensor: layers across, parts of a layer down, tensors outside the layers in the column “–”. The
    less colour, the closer the subspaces. Rest the pointer on a cell for its numbers. A frame without colour: an angle of 0,
    or not changed by both updates.</p>`,
  };
}

function tablesOf(shown: ReturnType<typeof read>): PaperTable[] {
  return shown.measured.length === 0 ? [] : [tableOf(shown)];
}

/** A row a pair and energy: every training seed has its own. */
function tableOf({ measured, style }: ReturnType<typeof read>): PaperTable {
  const rows = byPair(measured).flatMap((group, index) =>
    [...groupBy(group, ({ energy }) => String(energy)).values()].map((tensors): PaperRow => {
      const over = (of: (row: Measured) => number) => plainNumber(mean(tensors, of));
      const numbers = [
        plainNumber(tensors.length),
        over(({ smallest }) => degrees(smallest)),
        over(meanAngle),
        over(({ largest }) => degrees(largest)),
        over(({ grassmann }) => grassmann),
        over(({ chordal }) => chordal),
      ];
      return { labels: [nameOf(group, style), String(tensors[0]!.energy)], group: String(index), numbers };
    }),
  );
  return {
    name: 'angles',
    title:
      'Principal angles in degrees, Grassmann distance in radians and chordal distance, mean over the tensors that both updates change',
    labels: ['pair', 'energy η'],
    columns: [
      { label: 'tensors', notation: 'count' },
      { label: 'smallest', over: 'principal angle (°)', notation: 'significant' },
      { label: 'root mean square', over: 'principal angle (°)', notation: 'significant' },
      { label: 'largest', over: 'principal angle (°)', notation: 'significant' },
      { label: 'Grassmann distance', notation: 'significant' },
      { label: 'chordal distance', notation: 'significant' },
    ],
    rows,
  };
}

const note = html`Grassmann distance: √Σθ², in radians. Chordal distance: √Σ sin² θ. Tensors that an update leaves unchanged have no
  part. Every tensor, in full precision and radians: <a href="angles.csv">angles.csv</a>.`;
