import { dashedSample } from './dashed-sample.js';
import { type DrawnFigure, rowsOf } from './drawn-figure.js';
import { theme } from './palette.js';
import type { Drawing } from './plot.js';
import { type PrintRow, pagesOf, panelGap, panelTitle, panelWidth, printRows } from './print-rows.js';
import { nodesOf, type SvgNode, svgNode } from './svg-node.js';
import { textWidth, wrapped } from './text-width.js';

/**
 * How wide a figure is in print: one or two columns. The widths are those of the styles of ICML, and within 4 % those of
 * IEEE and ACM: 3.25 in a column, 6.75 in both.
 */
export type FigureWidth = 1 | 2;
const inches: { readonly [Columns in FigureWidth]: number } = { 1: 3.25, 2: 6.75 };

/** Height of the text in the same styles, in inches. A figure that is higher is several files. */
const pageHeight = 9;

/** A figure as it is in its file, or as much of it as a page has room for. */
export interface FigureFile {
  readonly svg: SvgNode;
  /** Inches. */
  readonly width: number;
  readonly height: number;
}

const margin = 8;
const sizes = { title: 16, legend: 13, note: 12 } as const;
/** Height of a line of text over the size of its letters. */
const leading = 1.35;
const colors = theme.light;

/** The same family as on the page. It is named, not embedded: the layout leaves room for any. */
const fontFamily = 'system-ui, sans-serif';

/**
 * Lays a drawn figure out for print, in the light colours: title, legend, what dashes and colours mean, and the panels row by
 * row. A panel that is wider than a column takes a row; one that is larger than the figure may be is made smaller. A figure
 * of more rows than a page has room for is several pictures, each with the title, a number, the legend and the notes.
 */
export function figureParts(drawing: DrawnFigure, columns: FigureWidth): FigureFile[] {
  const { title } = drawing.figure;
  const width = columns * panelWidth + (columns - 1) * panelGap + 2 * margin;
  const perInch = width / inches[columns];
  const pagesUnder = (head: string) => {
    // Panels stay readable below a legend that takes most of a page: such a picture alone is higher than it.
    const room = Math.max(
      pageHeight * perInch - headed(drawing, head, width).height - margin,
      (pageHeight * perInch) / 2,
    );
    return pagesOf(
      rowsOf(drawing).map((row) => printRows(row, width - 2 * margin, room)),
      room,
    );
  };
  const whole = pagesUnder(title);
  if (whole.length === 1) return [picture(headed(drawing, title, width), whole[0]!, title, columns)];
  // Numbers of two digits: a title with the number of any part takes no more lines than this one.
  const pages = pagesUnder(partTitle(title, 88, 88));
  return pages.map((rows, index) => {
    const own = partTitle(title, index + 1, pages.length);
    return picture(headed(drawing, own, width), rows, own, columns);
  });
}

function partTitle(title: string, part: number, parts: number): string {
  return `${title} (${part} of ${parts})`;
}

/** A page with what stands above the panels. */
function headed({ figure, legend, heat }: DrawnFigure, title: string, width: number): Page {
  const page = new Page(width);
  page.text(title, sizes.title, { 'font-weight': 600 });
  page.row(legend.map(({ name, swatch }) => [swatch, name] as const));
  if (figure.dashed !== undefined) page.line(dashedLine, figure.dashed);
  if (figure.heat && heat) page.heat(heat, figure.heat);
  page.space(6);
  return page;
}

function picture(page: Page, rows: readonly PrintRow[], title: string, columns: FigureWidth): FigureFile {
  for (const row of rows) page.panels(row);
  const { width } = page;
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
      'aria-label': title,
    },
    svgNode('title', {}, title),
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
  readonly width: number;

  constructor(width: number) {
    this.width = width;
  }

  get #inner(): number {
    return this.width - 2 * margin;
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
      if (x > margin && x + width > this.width - margin) {
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
    const lines = wrapped(label, (this.width - margin - x) / size);
    for (const line of lines) {
      this.nodes.push(textNode(line, x, this.height + size, size, muted));
      this.height += size * leading;
    }
    this.space(4);
  }

  panels({ panels, titles, height }: PrintRow): void {
    const { size, line } = panelTitle;
    let x = margin;
    for (const { drawing, width, lines, scale } of panels) {
      for (const [index, text] of lines.entries()) {
        const y = this.height + size + index * line;
        this.nodes.push(textNode(text, x, y, size, { 'font-weight': 600 }));
      }
      this.nodes.push(group(x, this.height + titles, ...drawn(drawing, scale)));
      x += width + panelGap;
    }
    this.height += height;
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
