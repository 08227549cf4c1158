import { printableLine } from '../diagnostics/printable.js';

/** A command as people read it: arguments that are not plain words stand in quotes, so that each one's end is seen. */
export function programText(argv: readonly string[]): string {
  return printableLine(argv.map((text) => (/^[\w./:=@%+,-]+$/.test(text) ? text : JSON.stringify(text))).join(' '));
}
