import { printableJson } from '../../diagnostics/printable.js';
import type { RunEvent } from '../events.js';
import type { Renderer } from './select.js';
import { type Output, written } from './text.js';

/** `--json`: every event, one a line, for machines. */
export function jsonRenderer(out: Output): Renderer {
  return {
    handle(event: RunEvent) {
      out.write(`${printableJson(event)}\n`);
    },
    close: () => written(out),
  };
}
