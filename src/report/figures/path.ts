import type { Markish } from '@observablehq/plot';
import type { Axis } from './axis-domain.js';
import { limitedAxis } from './axis-limits.js';
import { dotOptions } from './line.js';
import { type SeriesLook, seriesClass } from './palette.js';
import type { PanelKind } from './panel-kind.js';
import { type Drawing, plot } from './plot.js';

/** A point with how far it may be off in both directions. */
export interface PathPoint {
  readonly x: number;
  readonly y: number;
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  /** 0 … 1: how far along the path; the further, the larger. */
  readonly along: number;
  readonly title: string;
}

export interface PathPanel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly paths: readonly { readonly look: SeriesLook; readonly points: readonly PathPoint[] }[];
  /** Named points to compare with. */
  readonly marked: readonly { readonly x: number; readonly y: number; readonly name: string }[];
}

/** One set of axes on which series go from point to point, with the diagonal on which x and y are equal. */
export const paths: PanelKind<PathPanel> = {
  draw: drawPaths,
  limited(panel, limits) {
    const points = panel.paths.flatMap((path) => path.points);
    const across = points.flatMap(({ x, xRange = [] }) => [x, ...xRange]).concat(panel.marked.map(({ x }) => x));
    const upright = points.flatMap(({ y, yRange = [] }) => [y, ...yRange]).concat(panel.marked.map(({ y }) => y));
    return {
      ...panel,
      x: limitedAxis(panel.x, limits, across, panel),
      y: limitedAxis(panel.y, limits, upright, panel),
    };
  },
};

async function drawPaths({ title, x, y, paths, marked }: PathPanel): Promise<Drawing> {
  const { Plot, draw } = await plot();
  const ends = [Math.max(x.domain[0], y.domain[0]), Math.min(x.domain[1], y.domain[1])];
  const marks: Markish[] = [
    Plot.gridX({ stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.gridY({ stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.ruleX([0], { stroke: 'var(--axis)' }),
    Plot.ruleY([0], { stroke: 'var(--axis)' }),
    Plot.line(ends.map((value) => ({ value })), { x: 'value', y: 'value', stroke: 'var(--axis)', strokeDasharray: '5 4' }), // biome-ignore format: one mark a line
  ];
  for (const { look, points } of paths) {
    const across = points.flatMap((point) =>
      point.xRange ? [{ ...point, x1: point.xRange[0], x2: point.xRange[1] }] : [],
    );
    const upright = points.flatMap((point) =>
      point.yRange ? [{ ...point, y1: point.yRange[0], y2: point.yRange[1] }] : [],
    );
    const className = seriesClass(look);
    const whisker = { className, stroke: look.color, strokeOpacity: 0.4 } as const;
    marks.push(
      Plot.ruleY(across, { x1: 'x1', x2: 'x2', y: 'y', ...whisker }),
      Plot.ruleX(upright, { x: 'x', y1: 'y1', y2: 'y2', ...whisker }),
      Plot.line(points, { x: 'x', y: 'y', stroke: look.color, strokeWidth: 1.7, className }),
    );
  }
  for (const { look, points } of paths) {
    const radius = { value: ({ along }: PathPoint) => 2.4 + 3.4 * along, scale: null } as const;
    marks.push(Plot.dot(points, { x: 'x', y: 'y', title: 'title', ...dotOptions(look), r: radius }));
  }
  marks.push(
    Plot.dot(marked, { x: 'x', y: 'y', r: 3, fill: 'var(--text)' }),
    ...marked.map((point) => {
      // Paths run between the two points: names stand on the far side.
      const isHigh = point.x > (x.domain[0] + x.domain[1]) / 2;
      // Below a point on the axis there are the axis' numbers.
      const below = point.y - y.domain[0] > 0.08 * (y.domain[1] - y.domain[0]) ? 14 : -8;
      return Plot.text([point], {
        x: 'x',
        y: 'y',
        text: 'name',
        title: 'name',
        fontSize: 12,
        lineWidth: 9,
        textOverflow: 'ellipsis',
        ...(isHigh ? { textAnchor: 'end', dx: -8, dy: -12 } : { textAnchor: 'start', dx: 10, dy: below }),
        fill: 'var(--text)',
        stroke: 'var(--background)',
        strokeWidth: 4,
      });
    }),
  );
  return draw({
    width: 440,
    height: 366,
    marginLeft: 46,
    marginBottom: 48,
    marginTop: 26,
    marginRight: 14,
    ariaLabel: title,
    x: { label: x.label, domain: [...x.domain], labelAnchor: 'center', labelArrow: 'none', labelOffset: 40, ticks: 5 },
    y: { label: y.label, domain: [...y.domain], labelArrow: 'none', ticks: 5 },
    marks,
  });
}
