import type { FigureName } from '../../workflow/report.js';
import type { Html } from '../html.js';
import type { HeatScale } from './layer.js';
import type { SeriesLook } from './palette.js';
import type { Panel } from './panel.js';

/**
 * A figure of the report as data. It is drawn in one place only (`drawFigure`), and the page (`on-page.ts`) and the file
 * (`figure-file.ts`) lay the same drawings out.
 *
 * A figure is added in three places: its name in `src/workflow/report.ts`, a function in the file of its section that
 * makes this of the result files, and its place in the `figures` of that section. Settings of the workflow (display names,
 * order, colours, limits of axes) reach it through `SeriesStyle`, which gives looks and names of series, and by its name.
 */
export interface Figure {
  /** Name of its file, and of the figure in the workflow's settings and on the command line. */
  readonly name: FigureName;
  readonly title: string;
  /** What its series are called and how they look, in order; a figure of one unnamed series has none. */
  readonly legend?: readonly LegendEntry[];
  /** What its dashed lines are. */
  readonly dashed?: string;
  /** What the colours of its cells are. */
  readonly heat?: HeatScale;
  /** Sets of axes, at least one. */
  readonly panels: readonly Panel[];
  /** Below the figure on the page: definitions, how to read it, data. */
  readonly caption: Html;
}

export interface LegendEntry {
  readonly name: string;
  readonly look: SeriesLook;
}
