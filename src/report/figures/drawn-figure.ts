import type { AxisLimits } from './axis-limits.js';
import type { Figure } from './figure.js';
import { drawHeatScale } from './layer.js';
import { drawSwatch } from './line.js';
import { drawPanel, isWide, limitedPanel } from './panel.js';
import type { Drawing } from './plot.js';

/** All drawings of a figure, and the texts beside them. */
export interface DrawnFigure {
  readonly figure: Figure;
  readonly legend: readonly { readonly name: string; readonly swatch: Drawing }[];
  readonly heat: Drawing | undefined;
  readonly panels: readonly DrawnPanel[];
}

export interface DrawnPanel {
  readonly title: string;
  readonly wide: boolean;
  readonly drawing: Drawing;
  readonly startsRow: boolean;
}

/** Panels in the rows that the figure wants, each as long as it is. */
export function rowsOf({ panels }: DrawnFigure): readonly (readonly DrawnPanel[])[] {
  const rows: DrawnPanel[][] = [];
  for (const panel of panels) {
    if (panel.startsRow || rows.length === 0) rows.push([]);
    rows.at(-1)!.push(panel);
  }
  return rows;
}

/**
 * Draws a figure once, for whoever lays it out, with the ends of axes that the workflow sets.
 * @throws DataError where something would lie outside of them
 */
export async function drawFigure(figure: Figure, limits: AxisLimits = {}): Promise<DrawnFigure> {
  const legend: { name: string; swatch: Drawing }[] = [];
  for (const { name, look } of figure.legend ?? []) legend.push({ name, swatch: await drawSwatch(look) });
  const panels: DrawnPanel[] = [];
  for (const panel of figure.panels) {
    const drawing = await drawPanel(limitedPanel(panel, limits));
    panels.push({ title: panel.title, wide: isWide(panel), drawing, startsRow: panel.startsRow === true });
  }
  return { figure, legend, heat: figure.heat && (await drawHeatScale(figure.heat)), panels };
}
