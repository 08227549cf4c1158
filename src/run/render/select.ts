import { printableJson } from '../../diagnostics/printable.js';
import type { RunEvent } from '../events.js';
import { plainRenderer } from './plain.js';
import { type Output, type Renderer, styleFor, written } from './text.js';

/**
 * The renderer for a stream: JSON lines when asked for, live rows on a terminal, a plain log otherwise
 * (a pipe, a file, CI, a terminal that cannot move its cursor or has no size, as some programs make them).
 */
export async function selectRenderer(
  out: NodeJS.WriteStream,
  options: { readonly json: boolean; readonly environment?: NodeJS.ProcessEnv },
): Promise<Renderer> {
  if (options.json) return jsonRenderer(out);
  const environment = options.environment ?? process.env;
  const style = styleFor(out, environment);
  const canRedraw = environment.TERM !== 'dumb' && out.columns !== 0 && out.rows !== 0;
  if (out.isTTY && canRedraw) {
    return (await import('./terminal.js')).terminalRenderer(out, { style });
  }
  return plainRenderer(out, { style });
}

/** `--json`: every event, one a line, for machines. */
export function jsonRenderer(out: Output): Renderer {
  return {
    handle(event: RunEvent) {
      out.write(`${printableJson(event)}\n`);
    },
    close: () => written(out),
  };
}
