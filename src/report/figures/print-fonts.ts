import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DataError } from '../../diagnostics/errors.js';
import { optionalLibrary } from './optional-library.js';
import type { SvgNode } from './svg-node.js';

export interface PrintFont {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * The fonts of PDF and PNG, which are the same wherever a figure is made: DejaVu Sans, which has the letters, the signs of
 * mathematics and the marks that figures use.
 * @throws EnvironmentError where they are not installed; DataError where they lack a character of the figure
 */
export async function fontsFor(
  format: 'pdf' | 'png',
  svg: SvgNode,
): Promise<{ readonly regular: PrintFont; readonly bold: PrintFont }> {
  const fonts = await optionalLibrary(format, 'dejavu-fonts-ttf', async () => ({
    regular: await fontAt(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')),
    bold: await fontAt(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')),
  }));
  const { create } = await optionalLibrary(format, 'fontkit', () => import('fontkit'));
  const both = [create(fonts.regular.bytes), create(fonts.bold.bytes)];
  for (const text of textsOf(svg)) {
    const shown = [...text].filter((character) => !/\s/.test(character));
    const lacking = shown.find((one) => both.some((font) => !font.hasGlyphForCodePoint(one.codePointAt(0)!)));
    if (lacking !== undefined) throw lackingError(format, lacking, text);
  }
  return fonts;
}

async function fontAt(address: string): Promise<PrintFont> {
  const file = fileURLToPath(address);
  return { file, bytes: await readFile(file) };
}

function lackingError(format: string, character: string, text: string): DataError {
  const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return new DataError(`the font of figures as ${format} has no character U+${point}, which "${text}" holds`, {
    hint: `Call it otherwise under report.names, or leave ${format} out of report.formats.`,
  });
}

/** All texts that are shown: not those that only the pointer brings about. */
function textsOf({ name, children }: SvgNode): string[] {
  if (name === 'title') return [];
  return children.flatMap((child) => (typeof child === 'string' ? [child] : textsOf(child)));
}
