import type { AxisLimits } from '../figures/axis-limits.js';
import type { Figure, LegendEntry } from '../figures/figure.js';
import { type SeriesLook, seriesClass, seriesLook } from '../figures/palette.js';
import { limitedPanel, type Panel } from '../figures/panel.js';
import { type Html, html } from '../html.js';
import type { Section } from '../section.js';
import { groupBy } from '../statistics.js';
import { significantText } from '../wording.js';
import { onSharedAxes } from './shared-axes.js';
import type { FigureSource } from './study-input.js';

/** More panels than this in one figure are read in the reports of the cells. */
const mostPanels = 60;

/** A figure of one cell, with the ends of axes that its workflow sets. */
interface CellFigure {
  readonly source: FigureSource;
  readonly figure: Figure;
}

/**
 * The figures of a section with the panels of all cells side by side: those that show the same stand in a row, on shared axes. A
 * name looks the same in all of them.
 */
export function combinedFigures(section: Section, sources: readonly FigureSource[]): Figure[] {
  const drawn = sources
    .filter(({ input }) => input.files.has(section.needs))
    .flatMap((source) =>
      section.figures(source.input).map((figure): CellFigure => {
        return { source, figure: limited(figure, source.input.params.style?.limits ?? {}) };
      }),
    );
  return [...groupBy(drawn, ({ figure }) => figure.name).values()].map((cells) => combined(cells, section.heading));
}

function limited(figure: Figure, limits: AxisLimits): Figure {
  return { ...figure, panels: figure.panels.map((panel) => limitedPanel(panel, limits)) };
}

function combined(all: readonly CellFigure[], heading: string): Figure {
  const cells = shownOf(all);
  const { legend, looked } = sameLooks(cells);
  const sets = setsOf(looked);
  const shared = onSharedAxes(
    looked.map(({ panels }) => panels.map(({ panel }) => panel)),
    sets.map((set) => set.map(({ panel }) => panel)),
  );
  const hasRows = sets.some(({ length }) => length > 1);
  const panels = sets.flatMap((set, index) =>
    set.map(({ label }, at): Panel => {
      const panel = shared[index]![at]!;
      const title = label === '' ? panel.title : `${label}: ${panel.title}`;
      return { ...panel, title, ...(hasRows && at === 0 ? { startsRow: true } : {}) };
    }),
  );
  const [{ figure: first }] = cells as [CellFigure];
  const titles = new Set(cells.map(({ figure }) => figure.title));
  const dashed = [...new Set(cells.flatMap(({ figure }) => figure.dashed ?? []))];
  const heat = heatOf(cells, panels);
  return {
    name: first.name,
    title: titles.size === 1 ? first.title : heading,
    ...(legend.length > 0 ? { legend } : {}),
    ...(dashed.length > 0 ? { dashed: dashed.join('; ') } : {}),
    ...(heat === undefined ? {} : { heat }),
    panels,
    caption: captionOf(all, cells, titles.size > 1),
  };
}

/** The first cells, as many as can be drawn. */
function shownOf(all: readonly CellFigure[]): readonly CellFigure[] {
  let panels = 0;
  return all.filter(({ figure }, index) => {
    panels += figure.panels.length;
    return index === 0 || panels <= mostPanels;
  });
}

interface LabelledPanel {
  readonly label: string;
  readonly panel: Panel;
}

/** Panels with the same title together, in the order in which titles first occur. */
function setsOf(looked: readonly { readonly panels: readonly LabelledPanel[] }[]): LabelledPanel[][] {
  return [
    ...groupBy(
      looked.flatMap(({ panels }) => panels),
      ({ panel }) => panel.title,
    ).values(),
  ];
}

/** One legend: a name keeps the look that it first has, and no other name has it. */
function sameLooks(cells: readonly CellFigure[]): {
  readonly legend: readonly LegendEntry[];
  readonly looked: readonly { readonly panels: readonly LabelledPanel[] }[];
} {
  const looks = new Map<string, SeriesLook>();
  const taken = new Set<string>();
  const free = (look: SeriesLook): SeriesLook => {
    if (!taken.has(seriesClass(look))) return look;
    const isOwn = !look.color.startsWith('var(');
    for (let index = 0; index < 42; index++) {
      const next = seriesLook(index);
      const candidate = isOwn ? { ...next, color: look.color } : next;
      if (!taken.has(seriesClass(candidate))) return candidate;
    }
    return look;
  };
  for (const { figure } of cells) {
    for (const { name, look } of figure.legend ?? []) {
      if (looks.has(name)) continue;
      const own = free(look);
      looks.set(name, own);
      taken.add(seriesClass(own));
    }
  }
  const looked = cells.map(({ source, figure }) => {
    const names = new Map((figure.legend ?? []).map(({ name, look }) => [seriesClass(look), name]));
    const lookOf = (look: SeriesLook) => looks.get(names.get(seriesClass(look)) ?? '') ?? look;
    return { panels: figure.panels.map((panel) => ({ label: source.label, panel: withLooks(panel, lookOf) })) };
  });
  return { legend: [...looks].map(([name, look]) => ({ name, look })), looked };
}

function withLooks(panel: Panel, lookOf: (look: SeriesLook) => SeriesLook): Panel {
  const own = <T extends { readonly look: SeriesLook }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, look: lookOf(item.look) }));
  switch (panel.kind) {
    case 'lines':
      return { ...panel, series: own(panel.series) };
    case 'scatter':
      return { ...panel, points: own(panel.points) };
    case 'paths':
      return { ...panel, paths: own(panel.paths) };
    default:
      return panel;
  }
}

/** The scale of the cells' colours, as deep as the deepest of them. */
function heatOf(cells: readonly CellFigure[], panels: readonly Panel[]): Figure['heat'] {
  const scales = cells.flatMap(({ figure }) => figure.heat ?? []);
  if (scales.length === 0) return undefined;
  const max = Math.max(...panels.map((panel) => (panel.kind === 'layers' ? panel.max : 0)));
  const label = [...new Set(scales.map((scale) => scale.label))].join(' or ');
  return { label, max: significantText(max), ...(scales.some(({ signed }) => signed) ? { signed: true } : {}) };
}

/** What is drawn, and what the report of each cell says of its figure: equal texts once. */
function captionOf(all: readonly CellFigure[], shown: readonly CellFigure[], hasTitles: boolean): Html {
  const notes = html`${all.length > 1 && html`<p>A row shows the same of each cell, and panels of a quantity share their axes.</p>`}
    ${all.length > shown.length && html`<p>The first ${shown.length} of ${all.length} are drawn; the figures of all are in the reports of the cells.</p>`}
    ${seedsNote(shown)}`;
  const captions = groupBy(shown, ({ figure }) => figure.caption.markup);
  if (captions.size === 1) return html`${notes}${shown[0]!.figure.caption}`;
  return html`${notes}${[...captions.values()].map(
    ([
      first,
      ...others
    ]) => html`<details><summary>How to read it, and what the numbers say: ${[first!, ...others].map(({ source }) => source.label).join('; ')}</summary>
    ${hasTitles && html`<p>${first!.figure.title}.</p>`}
    ${first!.figure.caption}</details>`,
  )}`;
}

/** What seeds of the workflow are put together. */
function seedsNote(shown: readonly CellFigure[]): Html | undefined {
  const pooled = [
    ...groupBy(
      shown.filter(({ source }) => source.seeds),
      ({ source }) => source.seeds!.join(', '),
    ),
  ];
  if (pooled.length === 0) return undefined;
  const said = pooled.map(([seeds, cells]) => {
    const of = pooled.length > 1 ? ` (${cells.map(({ source }) => source.label).join('; ')})` : '';
    return `${seeds}${of}`;
  });
  return html`<p>Cells that differ in the workflow’s seed alone are put together: seeds ${said.join('; ')}. Training seeds are these seeds here. What
    depends on none of them, because all of them share its steps, is counted once and has no ±.</p>`;
}
