import type { RunEvent } from '../events.js';
import { jsonRenderer } from './json.js';
import { plainRenderer } from './plain.js';
import { styleFor } from './text.js';

/** Shows a run. Events come in order; after `close` everything is on its way to the terminal or file. */
export interface Renderer {
  handle(event: RunEvent): void;
  close(): Promise<void>;
}

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
