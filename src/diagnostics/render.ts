import type { Diagnostic, SourceRange } from './diagnostic.js';
import { printable, printableLine } from './printable.js';
import { type Style, uncoloured } from './style.js';

/** More would scroll the first ones, which are usually the cause, off the screen. */
const mostShown = 20;
/** Width of the part of a line that is shown. */
const excerptWidth = 100;
/** Messages quote what the user wrote, which may be anything. */
const messageWidth = 400;

/**
 * Diagnostics for a person: each with its place, the line it is in and carets under the text it is about, then what to do;
 * at most 20, the others counted. Ends with a newline.
 *
 *     lab/main.yaml:5:3: error: unknown key "sid" in sweeps.keep
 *      5 |   sid: left
 *        |   ^^^
 *       Did you mean "side"?
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], style: Style = uncoloured): string {
  const parts = diagnostics.slice(0, mostShown).map((diagnostic) => renderDiagnostic(diagnostic, style));
  const more = diagnostics.length - parts.length;
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const counts = [
    ...(errors > 0 ? [`${errors} ${errors === 1 ? 'error' : 'errors'}`] : []),
    ...(warnings > 0 ? [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`] : []),
  ];
  if (diagnostics.length > 1) parts.push(`${counts.join(', ')}${more > 0 ? `, ${more} of them not shown` : ''}\n`);
  return parts.join('\n');
}

function renderDiagnostic({ severity, message, range, hint, related }: Diagnostic, style: Style): string {
  const paint = severity === 'error' ? style.bad : style.caution;
  const place = range === undefined ? '' : `${style.bold(placeOf(range))}: `;
  const lines = [`${place}${paint(`${severity}:`)} ${shorten(printableLine(message), messageWidth, 'end')}`];
  if (range !== undefined) lines.push(...excerpt(range, paint, style));
  if (hint !== undefined) lines.push(`  ${shorten(printableLine(hint), messageWidth, 'end')}`);
  for (const other of related ?? []) {
    lines.push(`  ${style.bold(placeOf(other.range))}: ${printableLine(other.message)}`);
    lines.push(...excerpt(other.range, style.dim, style));
  }
  return `${lines.join('\n')}\n`;
}

function placeOf({ file, start }: SourceRange): string {
  return `${printableLine(file)}:${start.line}:${start.column}`;
}

/** The line with carets below; what spans several lines is marked to the end of the first. */
function excerpt(range: SourceRange, paint: (text: string) => string, style: Style): string[] {
  const line = range.excerpt;
  if (line === undefined || line.trim() === '') return [];
  const from = range.start.column - 1;
  const to = range.end.line === range.start.line ? range.end.column - 1 : line.length;
  const before = shorten(printable(line.slice(0, from)), excerptWidth / 2, 'start');
  const marked = shorten(printable(line.slice(from, to).trimEnd()), excerptWidth - width(before), 'end');
  const left = excerptWidth - width(before) - width(marked);
  const after = left > 0 ? shorten(printable(line.slice(to)), left, 'end') : '';
  const number = String(range.start.line);
  const margin = ' '.repeat(number.length);
  return [
    ` ${style.dim(`${number} |`)} ${before}${marked}${after}`.trimEnd(),
    ` ${style.dim(`${margin} |`)} ${' '.repeat(width(before))}${paint('^'.repeat(Math.max(1, width(marked))))}`,
  ];
}

function shorten(text: string, most: number, at: 'start' | 'end'): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const kept = most - 1;
  return at === 'start'
    ? `…${characters.slice(characters.length - kept).join('')}`
    : `${characters.slice(0, kept).join('')}…`;
}

function width(text: string): number {
  return [...text].length;
}
