import type { RunEvent } from './events.js';
import type { Renderer } from './render-select.js';
import { type Output, written } from './render-text.js';

/** `--json`: every event, one a line, for machines. */
export function jsonRenderer(out: Output): Renderer {
  return {
    handle(event: RunEvent) {
      out.write(`${JSON.stringify(event)}\n`);
    },
    close: () => written(out),
  };
}
