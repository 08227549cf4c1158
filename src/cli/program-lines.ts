import { printableLine } from '../diagnostics/printable.js';
import { formatBytes } from '../formats/byte-size.js';
import { programText } from '../programs/program-text.js';
import type { ResolvedProgram } from '../run/programs/resolve-programs.js';

/** Lines about a program of the user's: what would run, of which files, and which variables it would get. */
export function programLines({ of, program, files }: ResolvedProgram, allowed?: boolean): string[] {
  const { run, module, version, env } = program;
  const state = allowed === undefined ? '' : allowed ? ' (allowed)' : ' (not allowed yet)';
  const listed = files.map(({ name, bytes }) => `${name} (${formatBytes(bytes)})`).join(', ');
  return [
    `  ${of}: ${module === true ? 'module ' : ''}${programText(run)}${state}`,
    ...(version === null ? [] : [`    version: ${programText(version)}`]),
    ...(files.length === 0 ? [] : [`    files: ${listed}`]),
    ...(env.length === 0 ? [] : [`    variables: ${env.join(', ')}`]),
  ].map(printableLine);
}
