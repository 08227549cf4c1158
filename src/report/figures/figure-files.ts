import type { FigureFormat } from '../../workflow/report.js';
import type { FigureInput } from '../section.js';
import { sections } from '../sections/registry.js';
import type { AxisLimits } from './axis-limits.js';
import { drawFigure } from './drawn-figure.js';
import type { Figure } from './figure.js';
import { type FigureFile, type FigureWidth, figureParts } from './figure-file.js';
import { figurePdf } from './pdf.js';
import { figurePng } from './png.js';
import { svgText } from './svg-node.js';

/** Which figures, how wide, and in which formats. */
export interface FigureChoice {
  /** Parts of the report. */
  readonly parts: readonly string[];
  readonly columns: FigureWidth;
  readonly formats: readonly FigureFormat[];
  /** Names of the figures that are wanted; absent: all. */
  readonly names?: readonly string[];
}

/** A file of a figure. */
export interface FigureBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

const writers: { readonly [Format in FigureFormat]: (figure: FigureFile) => Promise<Uint8Array> } = {
  svg: async ({ svg }) => new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>\n${svgText(svg)}\n`),
  pdf: figurePdf,
  png: figurePng,
};

/**
 * The figures of the report's parts as files, one after the other. Parts without results, and figures with nothing to draw,
 * are left out. The same input gives the same bytes.
 */
export async function* figureFiles(
  input: FigureInput,
  { parts, columns, formats, names }: FigureChoice,
): AsyncGenerator<FigureBytes> {
  for (const [part, section] of Object.entries(sections)) {
    if (!parts.includes(part) || !input.files.has(section.needs)) continue;
    for (const figure of section.figures(input)) {
      if (names !== undefined && !names.includes(figure.name)) continue;
      yield* filesOf(figure, { columns, formats }, input.params.style?.limits);
    }
  }
}

/** A figure as a file in each format; as `<name>-1`, `<name>-2` and so on where it is higher than a page. */
export async function* filesOf(
  figure: Figure,
  { columns, formats }: Pick<FigureChoice, 'columns' | 'formats'>,
  limits?: AxisLimits,
): AsyncGenerator<FigureBytes> {
  const parts = figureParts(await drawFigure(figure, limits), columns);
  for (const [index, part] of parts.entries()) {
    const name = parts.length === 1 ? figure.name : `${figure.name}-${index + 1}`;
    for (const format of formats) yield { file: `${name}.${format}`, bytes: await writers[format](part) };
  }
}
