/** How colours are written, or not. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  caution(text: string): string;
}

const paint = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
export const coloured: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  good: paint(32, 39),
  bad: paint(31, 39),
  caution: paint(33, 39),
};
const asIs = (text: string) => text;
export const uncoloured: Style = { bold: asIs, dim: asIs, good: asIs, bad: asIs, caution: asIs };

/** Colours on a terminal that has them, unless NO_COLOR is set (https://no-color.org). */
export function styleFor(output: Output, environment: NodeJS.ProcessEnv): Style {
  return output.isTTY && !environment.NO_COLOR && environment.TERM !== 'dumb' ? coloured : uncoloured;
}

/** Stream that shows text: process.stdout, or a test's record. */
export interface Output {
  write(text: string, written?: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
