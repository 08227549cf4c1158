import type { PlotOptions } from '@observablehq/plot';
import { type Html, trustedMarkup } from '../html.js';
import { forReaders } from './for-readers.js';

export interface Plotting {
  readonly Plot: typeof import('@observablehq/plot');
  /** Draws an SVG. Its texts are text nodes and attributes of a DOM, which escapes them when it is serialised. */
  draw(options: PlotOptions): Html;
}

/** Observable Plot on a DOM without a browser. Loaded when the first figure is drawn: nothing else needs it. */
export async function plot(): Promise<Plotting> {
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  return {
    Plot,
    draw: (options) =>
      trustedMarkup(forReaders(Plot.plot({ document, style: { fontSize: '13px' }, ...options })).outerHTML),
  };
}
