import type { Markish } from '@observablehq/plot';
import { ratioText } from '../wording.js';
import { type Axis, roundStep } from './axis-domain.js';
import { limitedAxis } from './axis-limits.js';
import { type Level, labelHeights, nameMargin } from './level-labels.js';
import { type SeriesLook, seriesClass } from './palette.js';
import type { PanelKind } from './panel-kind.js';
import { type Drawing, plot } from './plot.js';

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Ends of the band around the line. */
  readonly low?: number;
  readonly high?: number;
  /** Ends of an upright bar, apart from the band: the spread over training seeds. It ends where the axis does. */
  readonly bar?: { readonly from: number; readonly to: number };
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
  readonly x: Axis & {
    readonly scale?: 'linear' | 'log';
    /** True of what is counted, such as layers: ticks stand at whole numbers. */
    readonly whole?: boolean;
  };
  readonly y: Axis;
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
const levelGap = 14;
/** Pixels between the axes and the name of a level, and of its letters. */
const [levelOffset, levelSize] = [9, 12];

/** One set of axes with a line a series. */
export const lines: PanelKind<LinePanel> = {
  draw: drawLines,
  limited(panel, limits) {
    const { series, guide = [], levels = [] } = panel;
    const points = [...series.flatMap((one) => [...one.points, ...(one.baseline ?? [])]), ...guide];
    const bands = series.flatMap((one) =>
      one.points.flatMap(({ low, high, bar }) => [low, high, ...barEnds(bar, panel.y)]),
    );
    return {
      ...panel,
      x: limitedAxis(
        panel.x,
        limits,
        points.map(({ x }) => x),
        panel,
      ),
      y: limitedAxis(panel.y, limits, [...[...points, ...levels].map(({ y }) => y), ...bands], panel),
    };
  },
};

function barEnds(bar: LinePoint['bar'], { domain: [low, high] }: Axis): number[] {
  if (bar === undefined) return [];
  return [bar.from, bar.to].map((end) => Math.min(high, Math.max(low, end)));
}

async function drawLines(panel: LinePanel): Promise<Drawing> {
  const { Plot, draw } = await plot();
  const { x, y } = panel;
  const levels = panel.levels ?? [];
  const ticks = x.scale === 'log' ? powerTicks(x.domain) : x.whole ? wholeTicks(x.domain) : 5;
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
      marks.push(
        Plot.areaY(banded, {
          x: 'x',
          y1: 'low',
          y2: 'high',
          fill: look.color,
          fillOpacity: 0.16,
          className: seriesClass(look),
        }),
      );
    if (baseline && baseline.length > 1) {
      marks.push(
        Plot.line(baseline, {
          x: 'x',
          y: 'y',
          stroke: look.color,
          strokeWidth: 1.4,
          strokeDasharray: '2 3',
          className: seriesClass(look),
        }),
      );
    }
  }
  panel.series.forEach(({ look, points, dots = true }, index) => {
    // Later series lie on top and are drawn finer, so that one that coincides with an earlier one does not hide it.
    const wider = Math.min(2, panel.series.length - 1 - index);
    marks.push(
      Plot.line(points, {
        x: 'x',
        y: 'y',
        stroke: look.color,
        strokeWidth: 1.7 + 0.7 * wider,
        className: seriesClass(look),
      }),
    );
    if (dots) marks.push(Plot.dot(points, { x: 'x', y: 'y', title: 'title', ...dotOptions(look), r: 3.3 + wider }));
    // On top of the points: a short bar would not be seen behind them.
    const bars = points.flatMap(({ x: at, bar }) => {
      const [from, to] = barEnds(bar, y);
      return from === undefined ? [] : [{ x: at, from, to }];
    });
    const className = seriesClass(look);
    if (bars.length > 0)
      marks.push(Plot.ruleX(bars, { x: 'x', y1: 'from', y2: 'to', stroke: look.color, strokeWidth: 2.2, className }));
  });
  return draw({
    width,
    height,
    ...margins,
    ...(levels.length > 0 ? { marginRight: levelMargin(levels) } : {}),
    ariaLabel: panel.title,
    x: {
      label: x.label,
      domain: [...x.domain],
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 40,
      ticks,
      ...(x.scale === 'log' ? { type: 'log' } : {}),
      ...(Array.isArray(ticks) ? { tickFormat: ',d' } : {}),
    },
    y: { label: y.label, domain: [...y.domain], labelArrow: 'none', ticks: 5 },
    marks,
  });
}

/** Whole numbers, about six of them, at steps of 1, 2 or 5 times a power of ten. */
function wholeTicks([from, to]: readonly [number, number]): number[] {
  const step = Math.max(1, roundStep(to - from));
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** Whole numbers on an axis of logarithms: 1, 2 and 5 times powers of ten, or these powers alone where there are many. */
function powerTicks([from, to]: readonly [number, number]): number[] {
  const powers = Array.from({ length: Math.floor(Math.log10(to)) + 2 }, (_, exponent) => 10 ** exponent);
  const factors = to > 100 * Math.max(1, from) ? [1] : [1, 2, 5];
  return powers.flatMap((power) => factors.map((factor) => factor * power)).filter((at) => at >= from && at <= to);
}

/** Room for the names of levels, right of the axes. */
function levelMargin(levels: readonly Level[]): number {
  return (
    nameMargin(
      levels.map(({ name }) => name),
      levelSize,
    ) + levelOffset
  );
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
      y: 'y',
      text: 'name',
      title: 'title',
      frameAnchor: 'right',
      textAnchor: 'start',
      dx: levelOffset,
      fill: 'var(--muted)',
      fontSize: levelSize,
      textOverflow: 'ellipsis',
      lineWidth: (levelMargin(levels) - levelOffset) / levelSize,
    }),
  ];
}

/** How a series looks, small: a piece of its line with a point. */
export async function drawSwatch(look: SeriesLook): Promise<Drawing> {
  const { Plot, draw } = await plot();
  return draw({
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
}

/** How the points of a series are drawn. */
export function dotOptions(look: SeriesLook) {
  const className = seriesClass(look);
  return {
    className,
    symbol: look.symbol,
    r: 3.6,
    fill: 'var(--background)',
    stroke: look.color,
    strokeWidth: 1.8,
  } as const;
}
