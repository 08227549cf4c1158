import type { DrawnPanel } from './drawn-figure.js';
import type { Drawing } from './plot.js';
import { wrapped } from './text-width.js';

/** Width of a panel of lines in the units of the drawings, whose letters of 13 units are 6.8 pt in print. */
export const panelWidth = 440;
/** Between panels side by side. */
export const panelGap = 28;
/** Letters of the title of a panel, and a line of them. */
export const panelTitle = { size: 14, line: 14 * 1.35 } as const;
const [belowTitle, belowRow] = [2, 12];

/** A panel with its place in print. */
interface PlacedPanel {
  readonly drawing: Drawing;
  readonly width: number;
  /** Its title. */
  readonly lines: readonly string[];
  readonly scale: number;
}

/** Panels side by side in print. */
export interface PrintRow {
  readonly panels: readonly PlacedPanel[];
  /** Height from the top of the row to the drawings. */
  readonly titles: number;
  /** Height with the space to the next row. */
  readonly height: number;
}

/**
 * Panels in as many rows as they take.
 * @param width of the figure
 * @param room height that a page has for rows: a drawing that is wider or higher than that is made smaller
 */
export function printRows(panels: readonly DrawnPanel[], width: number, room: number): PrintRow[] {
  const rows: DrawnPanel[][] = [];
  let used = 0;
  for (const panel of panels) {
    const own = Math.max(panelWidth, panel.drawing.width);
    if (rows.length === 0 || used + panelGap + own > width + 0.5) {
      rows.push([]);
      used = -panelGap;
    }
    used += panelGap + own;
    rows.at(-1)!.push(panel);
  }
  return rows.map((row) => printRow(row, width, room));
}

function printRow(row: readonly DrawnPanel[], full: number, room: number): PrintRow {
  const titled = row.map(({ title, drawing }) => {
    const width = Math.min(full, Math.max(panelWidth, drawing.width));
    return { drawing, width, lines: wrapped(title, width / panelTitle.size) };
  });
  const titles = Math.max(...titled.map(({ lines }) => lines.length)) * panelTitle.line + belowTitle;
  const tallest = room - titles - belowRow;
  const panels = titled.map((panel) => {
    const { width, height } = panel.drawing;
    return { ...panel, scale: Math.min(1, panel.width / width, tallest / height) };
  });
  const below = Math.max(...panels.map(({ drawing, scale }) => drawing.height * scale));
  return { panels, titles, height: titles + below + belowRow };
}

/**
 * The rows of each page. A set of rows that show the same stays together where a page has room for it.
 * @param room height that a page has for rows
 */
export function pagesOf(sets: readonly (readonly PrintRow[])[], room: number): PrintRow[][] {
  const pages: PrintRow[][] = [[]];
  let left = room;
  const turnFor = (height: number) => {
    if (height <= left || pages.at(-1)!.length === 0) return;
    pages.push([]);
    left = room;
  };
  for (const set of sets) {
    const height = set.reduce((sum, row) => sum + row.height, 0);
    if (height <= room) turnFor(height);
    for (const row of set) {
      turnFor(row.height);
      pages.at(-1)!.push(row);
      left -= row.height;
    }
  }
  return pages;
}
