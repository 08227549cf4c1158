import { axisDomain } from '../figures/axis-domain.js';
import { download, readings } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { SeriesLook } from '../figures/palette.js';
import type { PathPanel, PathPoint } from '../figures/path.js';
import { type Html, html } from '../html.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import { type PaperRow, type PaperTable, plainNumber, withRange } from '../paper-tables/paper-table.js';
import { type FullChange, type RelativeCurve, relativeChanges } from '../relative-change.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, type Summary } from '../statistics.js';
import { type SweepAxis, sweepAxes } from '../sweep-axis.js';
import { writeCsv } from '../tables/csv.js';
import { projectionName, ratioText } from '../wording.js';

export const selectivitySection: Section = {
  heading: 'Selectivity of projections',
  needs: 'evaluation.csv',
  figures(input) {
    const { curves, style } = read(input);
    return figuresOf(curves, style);
  },
  tables(input) {
    const { curves, style } = read(input);
    return axesOf(curves).map((axis) => tableOf(axis, curves, style));
  },
  async render(input, show) {
    const { curves, without, style } = read(input);
    const figures = show.figure ? figuresOf(curves, style) : [];
    return html`
      ${await figuresOnPage(figures, input)}
      ${
        show.figure &&
        figures.length === 0 &&
        html`<p class="note">There are no two metrics of one projected update to compare.</p>`
      }
      ${show.table && axesOf(curves).map((axis) => tableOnPage(titleOf(axis), tableOf(axis, curves, style), note))}
      ${without.length > 0 && html`<p class="note">${without.map((change) => html`${withoutText(change, style)} `)}</p>`}`;
  },
};

function read(input: FigureInput) {
  const { curves, without } = relativeChanges(input);
  const style = new SeriesStyle(input.params.style);
  const sorted = style.sorted(
    curves,
    ({ update }) => update,
    ({ metric }) => metric,
    ({ subspace }) => subspace,
  );
  return { curves: sorted, without, style };
}

/** Two metrics of an update under a projection, with a path a subspace. */
interface Panel {
  readonly title: string;
  readonly axis: SweepAxis;
  readonly x: FullChange;
  readonly y: FullChange;
  readonly paths: readonly { readonly subspace: string; readonly points: readonly PairPoint[] }[];
}

interface PairPoint {
  /** Place on the panel's axis. */
  readonly at: number;
  readonly x: Summary;
  readonly y: Summary;
}

function panelsOf(curves: readonly RelativeCurve[], style: SeriesStyle): Panel[] {
  const groups = groupBy(curves, ({ update, mode, side, axis }) => JSON.stringify([update, mode, side, axis.by]));
  return [...groups.values()].flatMap((group) => {
    const metrics = [...groupBy(group, ({ metric }) => metric).values()];
    return metrics.flatMap((across, index) =>
      metrics.slice(index + 1).flatMap((upright): Panel[] => {
        const paths = across.flatMap(({ subspace, points }) => {
          const other = upright.find((curve) => curve.subspace === subspace);
          const pairs = points.flatMap(({ at, moved }): PairPoint[] => {
            const y = other?.points.find((point) => point.at === at)?.moved;
            return y === undefined ? [] : [{ at, x: moved, y }];
          });
          return pairs.length > 0 ? [{ subspace, points: pairs }] : [];
        });
        const [x, y] = [across[0]!, upright[0]!];
        const title = `Update ${style.called(x.update)}, ${projectionName(x, curves)}: ${style.called(y.metric)} against ${style.called(x.metric)}${x.axis.suffix}`;
        return paths.length > 0 ? [{ title, axis: x.axis, x: x.change, y: y.change, paths }] : [];
      }),
    );
  });
}

function figuresOf(curves: readonly RelativeCurve[], style: SeriesStyle): Figure[] {
  const panels = panelsOf(curves, style);
  if (panels.length === 0) return [];
  const looks = style.looksFor(panels.flatMap(({ paths }) => paths.map(({ subspace }) => subspace)));
  const figure: Figure = {
    name: 'selectivity',
    title: 'How far one metric moves as another does',
    legend: [...looks].map(([name, look]) => ({ name: style.called(name), look })),
    dashed: 'both metrics move by the same part of their way: no selectivity',
    panels: panels.map((panel) => ({ kind: 'paths', ...pathsOf(panel, looks, style) })),
    caption: html`
      <p><b>Change</b> of a metric is its distance from the model that the update starts from, in units of what the whole
      update changes: (m − m<sub>before</sub>) / (m<sub>after</sub> − m<sub>before</sub>). 0: as without the update; 1: as
      with all of it. The two named points are these two models.</p>
      <p><b>How to read it.</b> A path joins the ${axisNames(panels)} of a subspace, larger points for larger ones; hairs span the
      lowest and highest seed. Above the dashed diagonal the projected update keeps more of its effect on the upright metric
      than of its effect on the other. ${unitsText(panels, style)}</p>
      ${reading(panels, style)}
      <p class="downloads">Data: ${download(changesCsv(curves), 'changes.csv', 'the changes')},
      <a href="evaluation.csv">evaluation.csv</a>.</p>`,
  };
  return [figure];
}

function pathsOf(
  { title, axis, x, y, paths }: Panel,
  looks: ReadonlyMap<string, SeriesLook>,
  style: SeriesStyle,
): PathPanel {
  const [across, upright] = [style.called(x.metric), style.called(y.metric)];
  const extent = (axis: 'x' | 'y') =>
    axisDomain([0, 1, ...paths.flatMap(({ points }) => points.flatMap((point) => [point[axis].min, point[axis].max]))]);
  const places = paths.flatMap(({ points }) => points.map(({ at }) => at));
  return {
    title,
    x: { of: 'change', label: `change of ${across}`, domain: extent('x') },
    y: { of: 'change', label: `change of ${upright}`, domain: extent('y') },
    paths: paths.map(({ subspace, points }) => ({
      look: looks.get(subspace)!,
      points: points.map((point): PathPoint => {
        const said = `${across} ${ratioText(point.x.mean)}, ${upright} ${ratioText(point.y.mean)}`;
        return {
          x: point.x.mean,
          y: point.y.mean,
          along: axis.along(point.at, places),
          ...(point.x.n > 1 ? { xRange: [point.x.min, point.x.max] } : {}),
          ...(point.y.n > 1 ? { yRange: [point.y.min, point.y.max] } : {}),
          title: `${style.called(subspace)}, ${axis.symbol} = ${point.at}: ${said}`,
        };
      }),
    })),
    marked: [
      { x: 0, y: 0, name: style.called(x.from) },
      { x: 1, y: 1, name: style.called(x.to) },
    ],
  };
}

/** What one unit of change is: where it is small, so are the differences that look large. */
function unitsText(panels: readonly Panel[], style: SeriesStyle): Html {
  const changes = new Map(panels.flatMap(({ x, y }) => [x, y]).map((change) => [JSON.stringify([change.update, change.metric]), change])); // biome-ignore format: one line
  const said = [...changes.values()].map(
    ({ metric, update, before, after }) =>
      `${style.called(metric)} of ${style.called(update)} ${ratioText(before)} to ${ratioText(after)}`,
  );
  const unknown = [
    ...new Set(
      [...changes.values()].filter(({ certain }) => certain === null).map(({ metric }) => style.called(metric)),
    ),
  ];
  return html`Whole changes: ${said.join(', ')}. ${
    unknown.length > 0 &&
    `Of ${unknown.join(' and ')} there are no intervals: whether its change is more than noise is not known.`
  }`;
}

/** What the means say in the middle of each axis, without judging it. */
function reading(panels: readonly Panel[], style: SeriesStyle): (Html | undefined)[] {
  return axesOf(panels).map((axis) => {
    const along = panels.filter((panel) => panel.axis === axis);
    const middle = axis.middle(along.flatMap(({ paths }) => paths.flatMap(({ points }) => points.map(({ at }) => at))));
    const said = along.map(({ title, paths }) => {
      const values = paths.flatMap(({ subspace, points }) => {
        const point = points.find(({ at }) => at === middle);
        return point ? [`${style.called(subspace)} ${ratioText(point.y.mean)} against ${ratioText(point.x.mean)}`] : [];
      });
      return { title, values };
    });
    return readings(`${axis.symbol} = ${middle}`, said);
  });
}

function axesOf(all: readonly { readonly axis: SweepAxis }[]): SweepAxis[] {
  return sweepAxes.filter((axis) => all.some((one) => one.axis === axis));
}

function axisNames(panels: readonly Panel[]): string {
  return axesOf(panels)
    .map(({ by }) => `${by}s`)
    .join(' or ');
}

const titleOf = (axis: SweepAxis) => `Changes in units of the whole update’s${axis.suffix}`;

const note = html`Mean over seeds, below it the lowest and highest. What they are computed from: <a href="evaluation.csv">evaluation.csv</a>.`;

function tableOf(axis: SweepAxis, all: readonly RelativeCurve[], style: SeriesStyle): PaperTable {
  const curves = all.filter((curve) => curve.axis === axis);
  const places = [...new Set(curves.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
  // Metrics of one projection stand together: they are what one compares.
  const groups = groupBy(curves, ({ update, subspace, mode, side }) => JSON.stringify([update, mode, side, subspace]));
  const rows = [...groups].flatMap(([group, together]) =>
    together.map((curve): PaperRow => {
      const { update, subspace, metric, change } = curve;
      const moves = places.map((at) => {
        const moved = curve.points.find((point) => point.at === at)?.moved;
        return withRange(
          plainNumber(moved?.mean),
          moved && moved.n > 1 ? { low: moved.min, high: moved.max } : undefined,
        );
      });
      return {
        labels: [style.called(update), projectionName(curve, curves), style.called(subspace), style.called(metric)],
        group,
        numbers: [plainNumber(change.after! - change.before!), ...moves],
      };
    }),
  );
  return {
    name: axis.by === 'rank' ? 'selectivity-by-rank' : 'selectivity',
    title: `${titleOf(axis)}: mean over seeds, with the lowest and the highest of several`,
    labels: ['update', 'projection', 'subspace', 'metric'],
    columns: [
      { label: 'whole change', notation: 'significant' },
      ...places.map((at) => ({ label: String(at), over: axis.columns })),
    ],
    rows,
  };
}

function withoutText({ from, to, before, after, ...change }: FullChange, style: SeriesStyle): string {
  const [metric, update] = [style.called(change.metric), style.called(change.update)];
  if (before === null || after === null) {
    const missing = [before === null && style.called(from), after === null && style.called(to)].filter(
      (name) => name !== false,
    );
    return `${metric} was not measured of ${missing.join(' and ')}: there is no unit for what ${update} changes.`;
  }
  if (before === after) return `${update} leaves ${metric} at ${ratioText(before)}: there is no unit for its changes.`;
  return `${update} moves ${metric} from ${ratioText(before)} to ${ratioText(after)}, whose intervals overlap: a change within noise is not a unit.`;
}

function changesCsv(curves: readonly RelativeCurve[]): string {
  const rows = curves.flatMap(({ update, subspace, mode, side, axis, metric, change: { before, after }, points }) =>
    points.map(({ at, moved: { n, mean, min, max } }) => ({
      update,
      subspace,
      mode,
      side,
      fraction: null,
      metric,
      before,
      after,
      n,
      mean,
      min,
      max,
      rank: null,
      [axis.by]: at,
    })),
  );
  return writeCsv(
    ['update', 'subspace', 'mode', 'side', 'fraction', 'metric', 'before', 'after', 'n', 'mean', 'min', 'max', 'rank'],
    rows,
  );
}
