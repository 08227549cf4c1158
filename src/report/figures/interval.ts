import { axisDomain } from './axis-domain.js';
import { limitsOf } from './axis-limits.js';
import type { PanelKind } from './panel-kind.js';
import { type Drawing, plot } from './plot.js';
import { wrapped } from './text-width.js';

export interface CaseInterval {
  readonly name: string;
  /** null: only the ends are known. */
  readonly value: number | null;
  /** Both null: there is no interval, and `note` says why. */
  readonly low: number | null;
  readonly high: number | null;
  /** Range where it is wanted: above the first, below the second; null: no end. */
  readonly holds: readonly [number | null, number | null];
  readonly note: string;
  readonly title: string;
}

export interface IntervalPanel {
  readonly title: string;
  /** What the intervals are of. */
  readonly label: string;
  /** Ends of the axis, where the workflow sets them or panels share them. */
  readonly limits?: readonly [number, number];
  readonly intervals: readonly CaseInterval[];
}

/** Heights in pixels: of a row, of a line of its note, and of its name, its note and its interval below the row's top. */
const sizes = { row: 36, noteLine: 14, name: 10, note: 18, interval: 29 };

/** Texts at the left end of a row, cut where they would not fit. */
const rowText = {
  ...({ frameAnchor: 'left', textAnchor: 'start', dx: 6, fontSize: 12 } as const),
  ...({ stroke: 'var(--background)', strokeWidth: 3, lineWidth: 33, textOverflow: 'ellipsis' } as const),
};
const noteText = { ...rowText, fontSize: 11, lineWidth: 36, lineAnchor: 'top', lineHeight: 1.25 } as const;

/** Intervals one below the other, each under its name, with a shade where each is wanted. */
export const intervals: PanelKind<IntervalPanel> = {
  draw: drawIntervals,
  limited(panel, limits) {
    const ends = panel.intervals.flatMap(({ value, low, high, holds }) => [value, low, high, ...holds]);
    const own = limitsOf('effect', limits, [0, ...ends], panel);
    return own === undefined ? panel : { ...panel, limits: own };
  },
};

async function drawIntervals(panel: IntervalPanel): Promise<Drawing> {
  const { Plot, draw } = await plot();
  const { title, label, limits } = panel;
  const ends = panel.intervals.flatMap(({ value, low, high, holds }) => [value, low, high, ...holds]);
  const domain = limits ?? axisDomain([0, ...ends.filter((end) => end !== null)]);
  let height = 0;
  const rows = panel.intervals.map((interval) => {
    const lines = interval.low === null ? wrapped(interval.note, noteText.lineWidth) : [];
    const [top, noted] = [height, sizes.noteLine * lines.length];
    height += sizes.row + noted;
    return {
      ...interval,
      top,
      bottom: height,
      nameAt: top + sizes.name,
      noteAt: top + sizes.note,
      at: top + noted + sizes.interval,
      lines: lines.join('\n'),
      from: interval.holds[0] ?? domain[0],
      to: interval.holds[1] ?? domain[1],
    };
  });
  const [drawn, without] = [rows.filter(({ low }) => low !== null), rows.filter(({ low }) => low === null)];
  return draw({
    width: 440,
    height: height + 56,
    marginLeft: 28,
    marginRight: 28,
    marginTop: 8,
    marginBottom: 48,
    ariaLabel: title,
    x: { label, domain, labelAnchor: 'center', labelArrow: 'none', labelOffset: 40, ticks: 5 },
    y: { axis: null, domain: [0, height], reverse: true },
    marks: [
      Plot.rect(rows, { x1: 'from', x2: 'to', y1: 'top', y2: 'bottom', fill: 'var(--shade)' }),
      Plot.gridX({ stroke: 'var(--grid)', strokeOpacity: 1 }),
      Plot.ruleX([0], { stroke: 'var(--axis)' }),
      Plot.ruleY(drawn, { x1: 'low', x2: 'high', y: 'at', stroke: 'var(--series-0)', strokeWidth: 3, title: 'title' }),
      Plot.dot(
        rows.filter(({ value }) => value !== null),
        {
          x: 'value',
          y: 'at',
          r: 4,
          title: 'title',
          fill: 'var(--background)',
          stroke: 'var(--series-0)',
          strokeWidth: 2,
        },
      ),
      Plot.text(rows, { ...rowText, y: 'nameAt', text: 'name', title: 'title', fill: 'var(--text)' }),
      Plot.text(without, { ...noteText, y: 'noteAt', text: 'lines', title: 'note', fill: 'var(--muted)' }),
    ],
  });
}
