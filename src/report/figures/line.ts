import type { Markish } from '@observablehq/plot';
import { type Html, html, trustedMarkup } from '../html.js';
import { ratioText } from '../wording.js';
import { type Level, labelHeights } from './level-labels.js';
import { type SeriesLook, seriesLook } from './palette.js';
import { plot } from './plot.js';

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the band around the line. */
  readonly low?: number;
  readonly high?: number;
  /** Shown when the pointer rests on the point. */
  readonly title: string;
}

export interface LineSeries {
  readonly look: SeriesLook;
  readonly points: readonly LinePoint[];
  /** A thin dashed line in the same colour: what is expected by chance. */
  readonly baseline?: readonly { readonly x: number; readonly y: number }[];
  /** False where there are so many points that they would hide the line. */
  readonly dots?: boolean;
}

export interface LinePanel {
  /** Above the panel, and its name for a screen reader. */
  readonly title: string;
  readonly x: {
    readonly label: string;
    readonly domain: readonly [number, number];
    readonly scale?: 'linear' | 'log';
  };
  readonly y: { readonly label: string; readonly domain: readonly [number, number] };
  readonly series: readonly LineSeries[];
  /** A grey dashed straight line to compare with. */
  readonly guide?: readonly { readonly x: number; readonly y: number }[];
  /** Grey dashed horizontal lines with their names. */
  readonly levels?: readonly Level[];
  /** A part of the x axis that is marked by a shade. */
  readonly shade?: readonly [number, number];
}

const width = 440;
const height = 326;
const margins = { marginLeft: 46, marginBottom: 48, marginTop: 26, marginRight: 14 };
/** Room for the names of levels, right of the axes. */
const levelMargin = 92;
const levelGap = 14;

/** One set of axes with a line a series, as an SVG inside a titled block. */
export async function linePanel(panel: LinePanel): Promise<Html> {
  const { Plot, draw } = await plot();
  const { x, y } = panel;
  const levels = panel.levels ?? [];
  const ticks = x.scale === 'log' ? wholeTicks(x.domain) : 5;
  const marks: Markish[] = [
    Plot.gridX({ ticks, stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.gridY({ stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.ruleY([y.domain[0]], { stroke: 'var(--axis)' }),
  ];
  if (panel.shade) {
    const [x1, x2] = panel.shade;
    marks.unshift(
      Plot.rect([{ x1, x2 }], { x1: 'x1', x2: 'x2', y1: y.domain[0], y2: y.domain[1], fill: 'var(--shade)' }),
    );
  }
  if (levels.length > 0) marks.push(...(await levelMarks(levels, y.domain)));
  if (panel.guide) {
    marks.push(Plot.line(panel.guide, { x: 'x', y: 'y', stroke: 'var(--axis)', strokeDasharray: '5 4' }));
  }
  for (const { look, points, baseline } of panel.series) {
    const banded = points.filter(({ low, high }) => low !== undefined && high !== undefined);
    if (banded.length > 1)
      marks.push(Plot.areaY(banded, { x: 'x', y1: 'low', y2: 'high', fill: look.color, fillOpacity: 0.16 }));
    if (baseline && baseline.length > 1) {
      marks.push(Plot.line(baseline, { x: 'x', y: 'y', stroke: look.color, strokeWidth: 1.4, strokeDasharray: '2 3' }));
    }
  }
  panel.series.forEach(({ look, points, dots = true }, index) => {
    // Later series lie on top and are drawn finer, so that one that coincides with an earlier one does not hide it.
    const wider = Math.min(2, panel.series.length - 1 - index);
    marks.push(Plot.line(points, { x: 'x', y: 'y', stroke: look.color, strokeWidth: 1.7 + 0.7 * wider }));
    if (dots) marks.push(Plot.dot(points, { x: 'x', y: 'y', title: 'title', ...dotOptions(look), r: 3.3 + wider }));
  });
  const svg = draw({
    width,
    height,
    ...margins,
    ...(levels.length > 0 ? { marginRight: levelMargin } : {}),
    ariaLabel: panel.title,
    x: {
      ...{
        label: x.label,
        domain: [...x.domain],
        labelAnchor: 'center',
        labelArrow: 'none',
        labelOffset: 40,
        ticks,
      },
      ...(x.scale === 'log' ? { type: 'log', tickFormat: ',d' } : {}),
    },
    y: { label: y.label, domain: [...y.domain], labelArrow: 'none', ticks: 5 },
    marks,
  });
  return html`<div class="panel"><h4>${panel.title}</h4>${svg}</div>`;
}

/** Whole numbers on an axis of logarithms: 1, 2 and 5 times powers of ten, or these powers alone where there are many. */
function wholeTicks([from, to]: readonly [number, number]): number[] {
  const powers = Array.from({ length: Math.floor(Math.log10(to)) + 2 }, (_, exponent) => 10 ** exponent);
  const factors = to > 100 * Math.max(1, from) ? [1] : [1, 2, 5];
  return powers.flatMap((power) => factors.map((factor) => factor * power)).filter((at) => at >= from && at <= to);
}

/** Lines across the axes, and their names on their right where they do not cover one another. */
async function levelMarks(levels: readonly Level[], [low, high]: readonly [number, number]): Promise<Markish[]> {
  const { Plot } = await plot();
  const [top, bottom] = [margins.marginTop, height - margins.marginBottom];
  const heights = levels.map(({ y }) => bottom - ((y - low) / (high - low)) * (bottom - top));
  const placed = labelHeights(heights, levelGap, top, bottom);
  const names = levels.map(({ y, name }, index) => ({
    name,
    y: low + ((bottom - placed[index]!) / (bottom - top)) * (high - low),
    title: `${name}: ${ratioText(y)}`,
  }));
  return [
    Plot.ruleY(levels, { y: 'y', stroke: 'var(--axis)', strokeDasharray: '5 4' }),
    Plot.text(names, {
      ...{ y: 'y', text: 'name', title: 'title', frameAnchor: 'right', textAnchor: 'start', dx: 9 },
      ...{ fill: 'var(--muted)', fontSize: 12, lineWidth: 6.2, textOverflow: 'ellipsis' },
    }),
  ];
}

/** Names of the series beside their line and point. */
export async function legend(entries: readonly { readonly name: string; readonly look: SeriesLook }[]): Promise<Html> {
  const { Plot, draw } = await plot();
  const swatch = ({ look }: { readonly look: SeriesLook }) =>
    draw({
      width: 34,
      height: 16,
      margin: 2,
      axis: null,
      x: { domain: [0, 2] },
      y: { domain: [0, 2] },
      marks: [
        Plot.line([{ x: 0, y: 1 }, { x: 2, y: 1 }], { x: 'x', y: 'y', stroke: look.color, strokeWidth: 2 }), // biome-ignore format: one mark a line
        Plot.dot([{ x: 1, y: 1 }], { x: 'x', y: 'y', ...dotOptions(look) }),
      ],
    });
  return html`<ul class="legend">${entries.map((entry) => html`<li>${swatch(entry)}${entry.name}</li>`)}</ul>`;
}

/** What the dashed lines of a figure are. */
export function dashedNote(text: string): Html {
  return html`<p class="dashed-note">${trustedMarkup('<svg width="34" height="10" aria-hidden="true"><path d="M2 5H32" stroke="currentColor" stroke-width="1.4" stroke-dasharray="4 3"/></svg>')}${text}</p>`;
}

/** Looks for the names of a figure, in the order of first use. */
export function looksFor(names: Iterable<string>): Map<string, SeriesLook> {
  return new Map([...new Set(names)].map((name, index) => [name, seriesLook(index)]));
}

/** How the points of a series are drawn. */
export function dotOptions(look: SeriesLook) {
  return { symbol: look.symbol, r: 3.6, fill: 'var(--background)', stroke: look.color, strokeWidth: 1.8 } as const;
}
