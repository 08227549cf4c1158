import type { AxisLimits } from './axis-limits.js';
import { type IntervalPanel, intervals } from './interval.js';
import { type LayerPanel, layers } from './layer.js';
import { type LinePanel, lines } from './line.js';
import type { PanelKind } from './panel-kind.js';
import { type PathPanel, paths } from './path.js';
import type { Drawing } from './plot.js';
import { type ScatterPanel, scatter } from './scatter.js';

/** The kinds of panels, and the data of each. */
interface Panels {
  readonly lines: LinePanel;
  readonly scatter: ScatterPanel;
  readonly paths: PathPanel;
  readonly layers: LayerPanel;
  readonly intervals: IntervalPanel;
}

const kinds: { readonly [Kind in keyof Panels]: PanelKind<Panels[Kind]> } = {
  lines,
  scatter,
  paths,
  layers,
  intervals,
};

/** One set of axes of a figure, as data. */
export type Panel = { readonly [Kind in keyof Panels]: { readonly kind: Kind } & Placed & Panels[Kind] }[keyof Panels];

/** The place of a panel among the others. */
interface Placed {
  /** True: the row before ends, however much room it has. */
  readonly startsRow?: boolean;
}

function kindOf({ kind }: Panel): PanelKind<Panel> {
  return kinds[kind] as PanelKind<Panel>;
}

/** Draws a panel. Page and file take what it gives, so that neither shows anything else. */
export function drawPanel(panel: Panel): Promise<Drawing> {
  return kindOf(panel).draw(panel);
}

/**
 * A panel with the ends of axes that the workflow sets.
 * @throws DataError where something would lie outside of them
 */
export function limitedPanel(panel: Panel, limits: AxisLimits): Panel {
  return { ...panel, ...kindOf(panel).limited(panel, limits) };
}

/** Whether a panel is as wide as its data makes it, and may be wider than its place. */
export function isWide(panel: Panel): boolean {
  return kindOf(panel).wide === true;
}
