import { printable, printableJson } from '../diagnostics/printable.js';

/** Writes a text to stdout, for a person: what a terminal would obey is shown instead. */
export function print(text: string): void {
  process.stdout.write(printable(text));
}

/** Writes a value to stdout as one line of JSON, or as several with `indent`. */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${printableJson(value, indent)}\n`);
}

/** Writes a text to stdout as it is, for a shell that reads it: whoever calls leaves out what a terminal would obey. */
export function printForShell(text: string | Uint8Array): void {
  process.stdout.write(text);
}
