import type { AxisLimits } from './axis-limits.js';
import type { Drawing } from './plot.js';

/** How panels of one kind are drawn. */
export interface PanelKind<Data> {
  draw(panel: Data): Promise<Drawing>;
  /** The same panel with the ends of axes that the workflow sets. @throws DataError where something would lie outside */
  limited(panel: Data, limits: AxisLimits): Data;
  /** True where the data decide the width, so that a panel may be wider than its place. */
  readonly wide?: boolean;
}
