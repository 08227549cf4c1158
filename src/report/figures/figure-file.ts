import { dashedSample } from './dashed-sample.js';
import { type DrawnFigure, type DrawnPanel, rowsOf } from './drawn-figure.js';
import { theme } from './palette.js';
import type { Drawing } from './plot.js';
import { nodesOf, type SvgNode, svgNode } from './svg-node.js';
import { textWidth, wrapped } from './text-width.js';

/**
 * How wide a figure is in print: one or two columns. The widths are those of the styles of ICML, and within 4 % those of
 * IEEE and ACM: 3.25 in a column, 6.75 in both.
 */
export type FigureWidth = 1 | 2;
const inches: { readonly [Columns in FigureWidth]: number } = { 1: 3.25, 2: 6.75 };

/** A figure as it is in its file. */
export interface FigureFile {
  readonly svg: SvgNode;
  /** Inches. */
  readonly width: number;
  readonly height: number;
}

/** Width of a panel of lines in the units of the drawings, whose letters of 13 units are 6.8 pt in print. */
const panelWidth = 440;
const [margin, gap] = [8, 28];
const sizes = { title: 16, panelTitle: 14, legend: 13, note: 12 } as const;
/** Height of a line of text over the size of its letters. */
const leading = 1.35;
const colors = theme.light;

/** The same family as on the page. It is named, not embedded: the layout leaves room for any. */
const fontFamily = 'system-ui, sans-serif';

/**
 * Lays a drawn figure out as one picture for print, in the light colours: title, legend, what dashes and colours mean, and
 * the panels row by row. A panel that is wider than a column takes a row; one that is wider than the figure is made smaller.
 */
export function figureFile(drawing: DrawnFigure, columns: FigureWidth): FigureFile {
  const { figure, legend, heat } = drawing;
  const width = columns * panelWidth + (columns - 1) * gap + 2 * margin;
  const page = new Page(width);
  page.text(figure.title, sizes.title, { 'font-weight': 600 });
  page.row(legend.map(({ name, swatch }) => [swatch, name] as const));
  if (figure.dashed !== undefined) page.line(dashedLine, figure.dashed);
  if (figure.heat && heat) page.heat(heat, figure.heat);
  page.space(6);
  for (const row of rowsOf(drawing)) page.panels(row);
  const height = page.height + margin;
  const [inWidth, inHeight] = [inches[columns], (inches[columns] * height) / width];
  const svg = svgNode(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: `${inWidth}in`,
      height: `${round(inHeight)}in`,
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      'font-family': fontFamily,
      role: 'img',
      'aria-label': figure.title,
    },
    svgNode('title', {}, figure.title),
    svgNode('rect', { width: round(width), height: round(height), fill: colors['--background'] }),
    ...page.nodes,
  );
  return { svg, width: inWidth, height: inHeight };
}

const dashedLine = svgNode('path', { ...dashedSample, stroke: colors['--axis'] });

/** Parts of a figure, one below the other. */
class Page {
  readonly nodes: SvgNode[] = [];
  height = margin;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  get #inner(): number {
    return this.#width - 2 * margin;
  }

  space(height: number): void {
    this.height += height;
  }

  text(text: string, size: number, look: SvgNode['attributes'] = {}): void {
    for (const line of wrapped(text, this.#inner / size)) {
      this.nodes.push(textNode(line, margin, this.height + size, size, look));
      this.height += size * leading;
    }
    this.space(4);
  }

  /** Swatches with their names, side by side as far as there is room. */
  row(entries: readonly (readonly [Drawing, string])[]): void {
    if (entries.length === 0) return;
    const size = sizes.legend;
    let x = margin;
    for (const [swatch, name] of entries) {
      const label = swatch.width + 7;
      const lines = wrapped(name, (this.#inner - label) / size);
      const width = label + Math.max(...lines.map((line) => textWidth(line) * size));
      if (x > margin && x + width > this.#width - margin) {
        x = margin;
        this.height += size * leading + 3;
      }
      this.nodes.push(group(x, this.height + (size * leading - swatch.height) / 2, ...drawn(swatch)));
      for (const [index, line] of lines.entries()) {
        if (index > 0) this.height += size * leading;
        this.nodes.push(textNode(line, x + label, this.height + size, size));
      }
      x += width + 16;
    }
    this.height += size * leading + 4;
  }

  /** A line of a figure, and what it means. */
  line(sample: SvgNode, text: string): void {
    const size = sizes.note;
    this.nodes.push(group(margin, this.height + (size * leading) / 2, sample));
    for (const line of wrapped(text, (this.#inner - 41) / size)) {
      this.nodes.push(textNode(line, margin + 41, this.height + size, size, muted));
      this.height += size * leading;
    }
    this.space(4);
  }

  /** The scale of the colours of cells, between its ends. */
  heat(scale: Drawing, { label, max, signed }: { label: string; max: string; signed?: boolean }): void {
    const size = sizes.note;
    const least = signed ? `−${max}` : '0';
    let x = margin;
    const put = (text: string) => {
      this.nodes.push(textNode(text, x, this.height + size, size, muted));
      x += textWidth(text) * size + 6;
    };
    put(least);
    this.nodes.push(group(x, this.height + (size * leading - scale.height) / 2, ...drawn(scale)));
    x += scale.width + 6;
    put(max);
    const lines = wrapped(label, (this.#width - margin - x) / size);
    for (const line of lines) {
      this.nodes.push(textNode(line, x, this.height + size, size, muted));
      this.height += size * leading;
    }
    this.space(4);
  }

  panels(panels: readonly DrawnPanel[]): void {
    let row: DrawnPanel[] = [];
    let used = 0;
    for (const panel of panels) {
      const width = Math.max(panelWidth, panel.drawing.width);
      if (row.length > 0 && used + gap + width > this.#inner + 0.5) {
        this.#panelRow(row);
        [row, used] = [[], 0];
      }
      used += (row.length > 0 ? gap : 0) + width;
      row.push(panel);
    }
    if (row.length > 0) this.#panelRow(row);
  }

  #panelRow(row: readonly DrawnPanel[]): void {
    const size = sizes.panelTitle;
    const placed = row.map(({ title, drawing }) => {
      const width = Math.min(this.#inner, Math.max(panelWidth, drawing.width));
      return { drawing, width, lines: wrapped(title, width / size), scale: Math.min(1, width / drawing.width) };
    });
    const titles = Math.max(...placed.map(({ lines }) => lines.length)) * size * leading;
    let x = margin;
    let below = 0;
    for (const { drawing, width, lines, scale } of placed) {
      for (const [index, line] of lines.entries()) {
        const y = this.height + size + index * size * leading;
        this.nodes.push(textNode(line, x, y, size, { 'font-weight': 600 }));
      }
      this.nodes.push(group(x, this.height + titles + 2, ...drawn(drawing, scale)));
      below = Math.max(below, drawing.height * scale);
      x += width + gap;
    }
    this.height += titles + 2 + below + 12;
  }
}

const muted = { fill: colors['--muted'] };

/** What a drawing holds, with the attributes of its root that its parts inherit. */
function drawn({ element }: Drawing, scale = 1): SvgNode[] {
  const label = element.getAttribute('aria-label');
  const inherited = {
    fill: colors['--text'],
    'font-size': 13,
    'text-anchor': 'middle',
    ...(label === null ? {} : { 'aria-label': label }),
    ...(scale === 1 ? {} : { transform: `scale(${round(scale)})` }),
  };
  return [svgNode('g', inherited, ...nodesOf(element, colors))];
}

function group(x: number, y: number, ...children: readonly SvgNode[]): SvgNode {
  return svgNode('g', { transform: `translate(${round(x)},${round(y)})` }, ...children);
}

function textNode(text: string, x: number, y: number, size: number, look: SvgNode['attributes'] = {}): SvgNode {
  return svgNode('text', { x: round(x), y: round(y), 'font-size': size, fill: colors['--text'], ...look }, text);
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
