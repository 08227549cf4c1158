/**
 * How wide a text will be at most, in units of its letters' size, for layouts that must not need a font: in DejaVu Sans,
 * which is wider than most, a small letter takes 0.62 of it, a capital 0.72, a digit 0.64. East Asian letters take one.
 */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) width += widthOf(letter);
  return width;
}

function widthOf(letter: string): number {
  if (/[ .,:;|!'’ijlIt()[\]/·-]/.test(letter)) return 0.4;
  if (/[mwMW@%—…‖]/.test(letter)) return 0.98;
  if (/\p{Lu}/u.test(letter)) return 0.74;
  if (/[\u1100-\uffff]|[\u{10000}-\u{10ffff}]/u.test(letter)) return 1;
  return 0.64;
}

/** A text in lines that are no wider; a word that is wider by itself is broken. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (textWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const letter of word) {
      if (line !== '' && textWidth(line + letter) > width) {
        lines.push(line);
        line = '';
      }
      line += letter;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** A text that is no wider: of a longer one the beginning, with an ellipsis. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  for (const letter of text) {
    if (textWidth(`${kept}${letter}…`) > width) break;
    kept += letter;
  }
  return `${kept}…`;
}
