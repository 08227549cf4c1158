import { along, axesOf, type EnergySeries, energyMeasures, energySeries, placesOf } from '../energy-series.js';
import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { Panel } from '../figures/panel.js';
import { type Html, html } from '../html.js';
import { headOverValues, numberCell, tableBlock } from '../html-table.js';
import { energyTables } from '../paper-tables/energy.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, type Summary } from '../statistics.js';
import { placeOf, type SweepAxis, sweepAxes } from '../sweep-axis.js';
import { writeCsv } from '../tables/csv.js';
import { type EnergyRow, energyColumns, type TensorEnergyRow, tensorEnergyColumns } from '../tables/energy.js';
import { readResult } from '../tables/result-rows.js';
import {
  averagedOverSeeds,
  spreadCells,
  spreadColumns,
  spreadText,
  type TrainingSpread,
  trainingBar,
  trainingNote,
} from '../training-seeds.js';
import { projectionName, ratioText, significantText } from '../wording.js';

export const energySection: Section = {
  heading: 'Energy kept by projection',
  needs: 'energy.csv',
  figures: (input) => figuresOf(read(input)),
  tables: (input) => energyTables(energySeries(input), new SeriesStyle(input.params.style)),
  async render(input, show) {
    const shown = read(input);
    const { rows, series, style } = shown;
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(shown), input))}
      ${show.table && axesOf(series).map((axis) => table(axis, along(axis, series), largestGap(rows), style))}`;
  },
};

interface Shown {
  readonly rows: readonly EnergyRow[];
  readonly series: readonly EnergySeries[];
  readonly tensors: readonly TensorEnergyRow[];
  readonly style: SeriesStyle;
}

function read(input: FigureInput): Shown {
  const { files, params } = input;
  const byTensor = 'energy-by-tensor.csv';
  const tensors = files.has(byTensor) ? readResult(files, byTensor, tensorEnergyColumns) : [];
  return {
    rows: readResult(files, 'energy.csv', energyColumns),
    series: energySeries(input),
    tensors: averagedOverSeeds(tensors, energyMeasures),
    style: new SeriesStyle(params.style),
  };
}

function figuresOf({ series, tensors, style }: Shown): Figure[] {
  return [curves(series, tensors, style), layers(tensors, style)].filter((figure) => figure !== undefined);
}

function spreadsOf(series: readonly EnergySeries[]): (TrainingSpread | undefined)[] {
  return series.flatMap(({ points }) => points.map(({ training }) => training));
}

function curves(
  series: readonly EnergySeries[],
  tensors: readonly TensorEnergyRow[],
  style: SeriesStyle,
): Figure | undefined {
  const looks = style.looksFor(series.map(({ subspace }) => subspace));
  const panels = groupBy(series, ({ update, mode, side, axis }) => JSON.stringify([update, mode, side, axis.by]));
  const drawn = [...panels.values()].map((group): Panel => {
    const { update, mode, side, axis } = group[0]!;
    const proportion = mode === 'orthogonal' ? [{ x: 0, y: 1 }, { x: 1, y: 0 }] : [{ x: 0, y: 0 }, { x: 1, y: 1 }]; // biome-ignore format: two corners
    return {
      kind: 'lines',
      title: `Update ${style.called(update)}, ${projectionName({ mode, side }, series)}${axis.suffix}`,
      x: { of: axis.by, label: axis.label, domain: axis.domain(placesOf(along(axis, series))), scale: axis.scale },
      y: { of: 'energy', label: 'energy kept (share of ‖Δ‖²)', domain: [0, 1] },
      ...(axis.by === 'fraction' ? { guide: proportion } : {}),
      series: group.map(({ subspace, points }) => ({
        look: looks.get(subspace)!,
        points: points.map(({ at, kept, training }) => ({
          x: at,
          y: kept.mean,
          ...trainingBar(training),
          ...(kept.n > 1 ? { low: kept.min, high: kept.max } : {}),
          title: `${style.called(subspace)}, ${axis.symbol} = ${at}: ${ratioText(kept.mean)}${spreadText(training, ratioText)}${spread(kept)}`,
        })),
      })),
    };
  });
  if (drawn.length === 0) return undefined;
  const fractions = series.some(({ axis }) => axis.by === 'fraction');
  return {
    name: 'energy',
    title: 'How much of each update lies in each subspace',
    legend: [...looks].map(([name, look]) => ({ name: style.called(name), look })),
    ...(fractions ? { dashed: 'energy in proportion to the fraction: no preference for any direction' } : {}),
    panels: drawn,
    caption: html`
      <p>${definition(series)}${ownDirections(tensors, style)}</p>
      <p><b>How to read it.</b> ${
        fractions &&
        'A curve on the dashed diagonal says that the update is spread evenly over the subspace’s directions.'
      } Random directions keep k / n on average, n being the length of a direction${fractions && ': that is ρ where n = r, less where n is the tensor’s longer side'}, and 1 / n of a
      vector. ${reading(series, style)}
      Bands span the lowest and highest seed; points are measured, lines only join them. ${trainingNote(spreadsOf(series))}</p>
      <p class="downloads">Data: ${download(curvesCsv(series), 'energy-curves.csv', 'the curves')},
      <a href="energy.csv">energy.csv</a>, <a href="energy-by-tensor.csv">energy-by-tensor.csv</a>.</p>`,
  };
}

/** The definitions in force, in words and symbols; only those of modes that occur. */
function definition(series: readonly EnergySeries[]): Html {
  const formulas: Readonly<Record<string, Html>> = {
    'parallel right': html`Δ<sub>proj</sub> = Δ P<sub>k</sub>`,
    'parallel left': html`Δ<sub>proj</sub> = P<sub>k</sub> Δ`,
    'orthogonal right': html`Δ<sub>proj</sub> = Δ (I − P<sub>k</sub>)`,
    'orthogonal left': html`Δ<sub>proj</sub> = (I − P<sub>k</sub>) Δ`,
    'opposite right': html`Δ<sub>proj</sub> = −Δ P<sub>k</sub>`,
    'opposite left': html`Δ<sub>proj</sub> = −P<sub>k</sub> Δ`,
    'parallel mixed': html`Δ<sub>proj</sub> = P<sub>k</sub> Δ or Δ P<sub>k</sub>`,
    'orthogonal mixed': html`Δ<sub>proj</sub> = (I − P<sub>k</sub>) Δ or Δ (I − P<sub>k</sub>)`,
    'opposite mixed': html`Δ<sub>proj</sub> = −P<sub>k</sub> Δ or −Δ P<sub>k</sub>`,
  };
  const projections = new Set(series.map(({ mode, side }) => `${mode} ${side}`));
  const stated = [...projections].map((name) => html`; ${name.split(' ')[0]}: ${formulas[name] ?? name}`);
  return html`<b>Energy kept</b> is the sum of ‖Δ<sub>proj</sub>‖²<sub>F</sub> over all tensors divided by the sum of
    ‖Δ‖²<sub>F</sub>, where Δ is the update of a tensor and P<sub>k</sub> projects onto the first
    ${axesOf(series)
      .map(({ by }) => counts[by])
      .join(' or ')} directions of the subspace (r: the tensor’s smaller side)${stated}.`;
}

/** What subspaces with directions of their own mean by r, and what becomes of tensors in which they have none. */
function ownDirections(tensors: readonly TensorEnergyRow[], style: SeriesStyle): Html | undefined {
  const whole = tensors.filter(({ rank_max }) => rank_max === 0);
  if (whole.length === 0) return undefined;
  const counts = [...groupBy(whole, ({ subspace }) => subspace)].map(([subspace, rows]) => {
    const [some, all] = [rows, tensors.filter((row) => row.subspace === subspace)].map(
      (group) => new Set(group.map(({ tensor }) => tensor)).size,
    );
    return `${style.called(subspace)} in ${some} of ${all} tensors`;
  });
  return html` Some subspaces have r directions of their own, each tensor on its side, and none in others: ${counts.join('; ')}. Such a
    tensor keeps its update whole in every mode, Δ<sub>proj</sub> = Δ, and counts in both sums.`;
}

/** How many directions a point of an axis is. */
const counts = { fraction: 'k = max(1, round(ρ·r))', rank: 'min(k, r)' } as const;

/** What the numbers say in the middle of each axis, without judging it. */
function reading(series: readonly EnergySeries[], style: SeriesStyle): (Html | undefined)[] {
  return axesOf(series).map((axis) => readingAlong(axis, along(axis, series), style));
}

function readingAlong(axis: SweepAxis, series: readonly EnergySeries[], style: SeriesStyle): Html | undefined {
  const parallel = series.filter(({ mode, points }) => mode !== 'orthogonal' && points.length > 0);
  if (parallel.length === 0) return undefined;
  const middle = axis.middle(parallel.flatMap(({ points }) => points.map(({ at }) => at)));
  const said = [...groupBy(parallel, ({ update }) => update)].map(([update, group]) => {
    const each = group.flatMap(({ subspace, points }) => {
      const point = points.find(({ at }) => at === middle);
      return point ? [`${style.called(subspace)} ${ratioText(point.kept.mean)}`] : [];
    });
    return `${style.called(update)}: ${each.join(', ')}`;
  });
  return html`At ${axis.symbol} = ${middle}: ${said.join('; ')}. `;
}

function table(axis: SweepAxis, series: readonly EnergySeries[], gap: number | null, style: SeriesStyle): Html {
  const places = placesOf(series);
  const body = series.map(({ update, subspace, mode, side, points }, index) => {
    const before = series[index - 1];
    const same = before?.update === update && before.mode === mode && before.side === side;
    const cells = places.map((at) => {
      const { kept, training } = points.find((point) => point.at === at) ?? {};
      return numberCell(
        `${ratioText(kept?.mean)}${spreadText(training, ratioText)}`,
        kept && kept.n > 1 && spreadCell(kept),
      );
    });
    const seeds = Math.max(1, ...points.map(({ kept }) => kept.n));
    return html`<tr class="${same ? '' : 'group'}"><th scope="row">${style.called(update)}</th><td class="text">${projectionName({ mode, side }, series)}</td>
      <td class="text">${style.called(subspace)}</td><td>${seeds}</td>${cells}</tr>`;
  });
  return tableBlock(
    `Energy kept, whole model${axis.suffix}`,
    headOverValues(['update', 'projection', 'subspace', 'n'], axis.columns, places),
    body,
    html`Mean over n seeds, below it the lowest and highest. ${trainingNote(spreadsOf(series))}
    ${gap !== null && html`Energy by coefficients and energy of the projected tensors as computed in single precision differ by at most ${significantText(gap)}.`}
    In full precision: <a href="energy.csv">energy.csv</a>.`,
  );
}

/** Energy by tensor in the middle of the first axis, for subspaces without a seed: random ones look the same everywhere. */
function layers(rows: readonly TensorEnergyRow[], style: SeriesStyle): Figure | undefined {
  const placed = rows.map((row) => ({ ...row, ...placeOf({ fraction: row.fraction, rank: row.rank_asked }) }));
  const axis = sweepAxes.find((one) => placed.some((row) => row.axis === one));
  if (axis === undefined) return undefined;
  const ofAxis = placed.filter((row) => row.axis === axis);
  const places = [...new Set(ofAxis.map(({ at }) => at))].sort((a, b) => a - b);
  const middle = places[Math.floor((places.length - 1) / 2)];
  const chosen = ofAxis.filter(
    ({ seed, at, mode, rank_max }) => seed === null && at === middle && mode !== 'orthogonal' && rank_max > 0,
  );
  const groups = groupBy(chosen, ({ update, subspace, mode, side }) => JSON.stringify([update, subspace, mode, side]));
  if (groups.size === 0) return undefined;
  const max = chosen.reduce((largest, { energy_kept }) => Math.max(largest, energy_kept ?? 0), 0) || 1;
  const panels = [...groups.values()].map((group): Panel => {
    const { update, subspace, side } = group[0]!;
    const values = group.map(({ tensor, energy_kept, rank, rank_max }) => ({
      tensor,
      value: energy_kept,
      title: `${tensor}\nrank ${rank} of ${rank_max}: ${ratioText(energy_kept)}`,
    }));
    const sides = new Set(chosen.map((row) => row.side)).size > 1 ? `, ${side} side` : '';
    const title = `Update ${style.called(update)} in ${style.called(subspace)}${sides}`;
    return { kind: 'layers', title, values, max };
  });
  return {
    name: 'energy-by-tensor',
    title: 'Where in the model that energy lies',
    heat: { label: `energy kept at ${axis.symbol} = ${middle}`, max: significantText(max) },
    panels,
    caption: html`<p>One cell a tensor: layers across, parts of a layer down, tensors outside the layers in the column “–”.
    A vector is one direction (k = r = 1). Rest the pointer on a cell for its number.</p>`,
  };
}

function curvesCsv(series: readonly EnergySeries[]): string {
  const rows = series.flatMap(({ update, subspace, mode, side, axis, points }) =>
    points.map(({ at, kept: { n, mean, min, max }, training }) => ({
      update,
      subspace,
      mode,
      side,
      fraction: null,
      n,
      mean,
      min,
      max,
      rank: null,
      ...spreadCells(training),
      [axis.by]: at,
    })),
  );
  const columns = ['update', 'subspace', 'mode', 'side', 'fraction', 'n', 'mean', 'min', 'max', 'rank'] as const;
  return writeCsv([...columns, ...spreadColumns(spreadsOf(series))], rows);
}

function largestGap(rows: readonly EnergyRow[]): number | null {
  const gaps = rows.flatMap(({ energy_kept, energy_realised }) =>
    energy_kept === null || energy_realised === null ? [] : [Math.abs(energy_kept - energy_realised)],
  );
  return gaps.length > 0 ? gaps.reduce((a, b) => Math.max(a, b)) : null;
}

function spread({ n, min, max }: Summary): string {
  return n > 1 ? ` (${ratioText(min)} to ${ratioText(max)} over ${n} seeds)` : '';
}

function spreadCell({ min, max }: Summary): string {
  return `${ratioText(min)}–${ratioText(max)}`;
}
