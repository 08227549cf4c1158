import type { Markish } from '@observablehq/plot';
import type { Axis } from './axis-domain.js';
import { limitedAxis } from './axis-limits.js';
import { labelHeights, nameMargin } from './level-labels.js';
import { dotOptions } from './line.js';
import { type SeriesLook, seriesClass } from './palette.js';
import type { PanelKind } from './panel-kind.js';
import { type Drawing, plot } from './plot.js';

/** A named point with the ends of its intervals. */
export interface ScatterPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  /** Shown when the pointer rests on the point. */
  readonly title: string;
  readonly look: SeriesLook;
}

export interface ScatterPanel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly points: readonly ScatterPoint[];
}

/** Pixels of the axes alone, and of all with what stands above and below. */
const [across, height] = [342, 366];
const margins = { marginLeft: 46, marginBottom: 48, marginTop: 26 };
const [top, bottom] = [margins.marginTop, height - margins.marginBottom];
/** Pixels between the names, and between the axes and a name, which a line from the point crosses. */
const [labelGap, leader] = [15, 22];
const nameSize = 12;

/** One set of axes with a cross a point. Names stand on the right, each joined to its point, so that none covers another. */
export const scatter: PanelKind<ScatterPanel> = {
  draw: drawScatter,
  limited(panel, limits) {
    const points = panel.points;
    const across = points.flatMap(({ x, xRange = [] }) => [x, ...xRange]);
    const upright = points.flatMap(({ y, yRange = [] }) => [y, ...yRange]);
    return {
      ...panel,
      x: limitedAxis(panel.x, limits, across, panel),
      y: limitedAxis(panel.y, limits, upright, panel),
    };
  },
};

async function drawScatter({ title, x, y, points }: ScatterPanel): Promise<Drawing> {
  const { Plot, draw } = await plot();
  const marks: Markish[] = [
    Plot.gridX({ stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.gridY({ stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.ruleX([x.domain[0]], { stroke: 'var(--axis)' }),
    Plot.ruleY([y.domain[0]], { stroke: 'var(--axis)' }),
  ];
  const forNames = nameMargin(
    points.map(({ name }) => name),
    nameSize,
  );
  const marginRight = leader + forNames + 4;
  const width = margins.marginLeft + across + marginRight;
  const names = namesOf(points, x.domain, y.domain);
  for (const [index, point] of points.entries()) {
    const ends = { x1: point.x, y1: point.y, x2: names[index]!.x, y2: names[index]!.y };
    const thin = { stroke: 'var(--axis)', strokeOpacity: 0.5, strokeDasharray: '2 3' } as const;
    marks.push(Plot.link([ends], { x1: 'x1', y1: 'y1', x2: 'x2', y2: 'y2', ...thin }));
  }
  for (const { look, x: at, y: height, xRange, yRange } of points) {
    const whisker = { className: seriesClass(look), stroke: look.color, strokeOpacity: 0.55 } as const;
    if (xRange) marks.push(Plot.ruleY([{ x1: xRange[0], x2: xRange[1], height }], { x1: 'x1', x2: 'x2', y: 'height', ...whisker })); // biome-ignore format: one mark a line
    if (yRange) marks.push(Plot.ruleX([{ at, y1: yRange[0], y2: yRange[1] }], { x: 'at', y1: 'y1', y2: 'y2', ...whisker })); // biome-ignore format: one mark a line
  }
  for (const point of points) {
    marks.push(Plot.dot([point], { x: 'x', y: 'y', title: 'title', ...dotOptions(point.look), r: 4.2 }));
  }
  marks.push(
    Plot.text(names, {
      x: 'x',
      y: 'y',
      text: 'name',
      title: 'title',
      textAnchor: 'start',
      dx: 4,
      fill: 'var(--text)',
      fontSize: nameSize,
      lineWidth: forNames / nameSize,
      textOverflow: 'ellipsis',
    }),
  );
  return draw({
    width,
    height,
    ...margins,
    marginRight,
    ariaLabel: title,
    marks,
    x: { label: x.label, domain: [...x.domain], labelAnchor: 'center', labelArrow: 'none', labelOffset: 40, ticks: 5 },
    y: { label: y.label, domain: [...y.domain], labelArrow: 'none', ticks: 5 },
  });
}

/** Names right of the axes, in the axes' own units, none nearer to another than a line of text. */
function namesOf(
  points: readonly ScatterPoint[],
  [x0, x1]: readonly [number, number],
  [y0, y1]: readonly [number, number],
): { readonly name: string; readonly title: string; readonly x: number; readonly y: number }[] {
  const heights = points.map(({ y }) => bottom - ((y - y0) / (y1 - y0)) * (bottom - top));
  const placed = labelHeights(heights, labelGap, top, bottom);
  const x = x1 + (leader / across) * (x1 - x0);
  return points.map(({ name, title }, index) => {
    return { name, title, x, y: y0 + ((bottom - placed[index]!) / (bottom - top)) * (y1 - y0) };
  });
}
