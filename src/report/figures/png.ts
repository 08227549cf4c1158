import type { FigureFile } from './figure-file.js';
import { optionalLibrary } from './optional-library.js';
import { fontsFor } from './print-fonts.js';
import { svgText } from './svg-node.js';

/** Pixels in an inch, as journals ask for. */
const resolution = 300;

/**
 * A figure as PNG of 300 dpi, with the fonts of the PDF and no other.
 * @throws EnvironmentError where a library is not installed; DataError where the font lacks a character
 */
export async function figurePng({ svg, width }: FigureFile): Promise<Uint8Array> {
  const { Resvg } = await optionalLibrary('png', '@resvg/resvg-js', () => import('@resvg/resvg-js'));
  const fonts = await fontsFor('png', svg);
  const image = new Resvg(svgText(svg), {
    fitTo: { mode: 'width', value: Math.round(width * resolution) },
    font: {
      fontFiles: Object.values(fonts).map(({ file }) => file),
      loadSystemFonts: false,
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}
