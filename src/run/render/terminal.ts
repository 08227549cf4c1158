import type { RunEvent } from '../events.js';
import { groupText } from './plain.js';
import { type GroupProgress, RunProgress, settled } from './progress.js';
import { LiveRows } from './rows.js';
import {
  collectedText,
  deviceText,
  failureText,
  hashingText,
  printableLine,
  type Renderer,
  runnersText,
  type Style,
  startText,
  summaryText,
  warningText,
  written,
} from './text.js';

/** Erases the line that the cursor is on. */
const wipe = '\r\u001b[K';

/**
 * Live rows on a terminal, one a group of steps, redrawn in place; when the run ends they become plain lines with the
 * failures in full and the summary. listr2 is loaded when the first step starts: a run with nothing to do never needs it.
 */
export function terminalRenderer(
  out: NodeJS.WriteStream,
  options: { readonly style: Style; readonly clock?: () => number },
): Renderer {
  const { style } = options;
  const now = options.clock ?? (() => performance.now() / 1000);
  const progress = new RunProgress();
  const messages: string[] = [];
  const changedResults: string[] = [];
  let summary: Extract<RunEvent, { type: 'summary' }> | undefined;
  let hashing = false;
  let rows: LiveRows | undefined;
  let drawing: Promise<void> = Promise.resolve();

  /** What is read before the run starts has one line, written over and over. */
  function wipeHashing(): void {
    if (hashing) out.write(wipe);
    hashing = false;
  }

  function message(text: string): void {
    if (!rows) out.write(`${text}\n`);
    else {
      messages.push(text);
      rows.message(text);
    }
  }

  /** Rows are drawn and taken away one after another, however quickly events come. */
  function draw(): void {
    const previous = rows;
    const next = new LiveRows(progress, out, now);
    rows = next;
    drawing = drawing.then(() => previous?.stop()).then(() => next.start());
  }

  /** What stays on the screen of a group that ran, or could not. */
  function finalLine(group: GroupProgress): string {
    const incomplete = group.skipped > 0 || settled(group) < group.steps;
    const mark = group.failed > 0 ? style.bad('✖') : incomplete ? style.caution('–') : style.good('✔');
    return `${mark} ${groupText(group, progress, now())}`;
  }

  return {
    handle(event: RunEvent) {
      progress.apply(event, now());
      switch (event.type) {
        case 'hashing':
          out.write(`${wipe}${hashingText(event)}`);
          hashing = true;
          break;
        case 'collected':
          message(style.dim(collectedText(event)));
          break;
        case 'run-started':
          wipeHashing();
          out.write(`${startText(event, style)}\n`);
          break;
        case 'plan-extended':
          if (rows) draw();
          break;
        case 'device':
          message(style.dim(deviceText(event)));
          break;
        case 'runners':
          message(style.dim(runnersText(event)));
          break;
        case 'step-started':
        case 'step-waiting':
          if (!rows) draw();
          break;
        case 'step-failed':
          message(failureText(event, style));
          break;
        case 'notice':
          message(printableLine(event.message));
          break;
        case 'warning':
          message(warningText(event, style));
          break;
        case 'result':
          if (event.changed) changedResults.push(event.file);
          break;
        case 'summary':
          summary = event;
          break;
      }
    },
    async close() {
      wipeHashing();
      await drawing;
      await rows?.stop();
      for (const group of progress.groups.values()) {
        if (group.firstStart !== undefined || group.skipped > 0) out.write(`${finalLine(group)}\n`);
      }
      for (const text of messages) out.write(`${text}\n`);
      if (summary) out.write(`${summaryText(summary, changedResults, style)}\n`);
      await written(out);
    },
  };
}
