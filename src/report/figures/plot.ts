import type { PlotOptions } from '@observablehq/plot';
import { forReaders } from './for-readers.js';

/** What was drawn: an SVG in a DOM, whose texts are text nodes and attributes. Colours are variables of the theme. */
export interface Drawing {
  readonly element: Element;
  /** Size in its own units, which are pixels of the page. */
  readonly width: number;
  readonly height: number;
}

export interface Plotting {
  readonly Plot: typeof import('@observablehq/plot');
  draw(options: PlotOptions & { readonly width: number; readonly height: number }): Drawing;
}

/** Observable Plot on a DOM without a browser. Loaded when the first figure is drawn: nothing else needs it. */
export async function plot(): Promise<Plotting> {
  const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  return {
    Plot,
    draw(options) {
      const element = forReaders(Plot.plot({ document, style: { fontSize: '13px' }, ...options }));
      return { element, width: options.width, height: options.height };
    },
  };
}
