import type { ListrTask, ListrTaskWrapper } from 'listr2';
import { groupText, leftText } from './plain.js';
import { type GroupProgress, type RunProgress, settled } from './progress.js';
import { clock } from './text.js';

/** listr2 redraws every row at every change, so its cost grows with rows × changes: groups beyond these share a row. */
const maxRows = 18;
const secondsBetweenUpdates = 0.25;
/** Messages shown under the rows, and lines of each; the caller prints all of them when the rows are gone. */
const messagesShown = 2;
const messageLines = 3;
/** Lines of the terminal that are not rows of groups: what was printed before, the total, the messages. */
const otherLines = 4 + messagesShown * messageLines;

interface LiveRow {
  readonly groups: readonly GroupProgress[];
  readonly text: (now: number) => string;
  listrTask?: AnyTask;
  /** Ends the listr2 task: well, or with an error whose message replaces the title. */
  end?: (error?: Error) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: the renderer class is a type parameter that does not matter here
type AnyTask = ListrTaskWrapper<unknown, any, any>;

/** Rows redrawn in place by listr2, one a group of steps that has something left to do, and one for the whole run. */
export class LiveRows {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  readonly #rows: LiveRow[];
  readonly #total: LiveRow;
  #drawn: Promise<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(progress: RunProgress, out: NodeJS.WriteStream, now: () => number) {
    this.#out = out;
    this.#now = now;
    const groups = [...progress.groups.values()].filter((group) => settled(group) < group.steps);
    const room = Math.max(3, Math.min(maxRows, (out.rows ?? 24) - otherLines));
    const own = groups.length > room ? groups.slice(0, room - 1) : groups;
    const shared = groups.slice(own.length);
    this.#rows = own.map((group) => ({ groups: [group], text: (time) => groupText(group, progress, time) }));
    if (shared.length > 0) this.#rows.push({ groups: shared, text: () => sharedText(shared) });
    this.#total = { groups: [], text: (time) => totalText(progress, time) };
  }

  async start(): Promise<void> {
    const { DefaultRenderer, Listr, ListrLogger, ProcessOutput } = await import('listr2');
    /** listr2 asks whether process.stdout is a terminal; here it matters whether `out` is, and the caller has seen to that. */
    class RowRenderer extends DefaultRenderer {
      static override nonTTY = true;
    }
    const rows = new Listr(
      [...this.#rows, this.#total].map((row) => this.#task(row)),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        renderer: RowRenderer,
        rendererOptions: {
          lazy: true,
          clearOutput: true,
          formatOutput: 'truncate',
          logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(this.#out) }),
        },
      },
    );
    this.#drawn = rows.run();
    this.#timer = setInterval(() => this.#update(), secondsBetweenUpdates * 1000);
  }

  /** Shows a message under the rows. */
  message(text: string): void {
    if (this.#total.listrTask) this.#total.listrTask.output = text.split('\n').slice(0, messageLines).join('\n');
  }

  /** Takes the rows off the screen. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    for (const row of [...this.#rows, this.#total]) row.end?.();
    await this.#drawn;
  }

  #task(row: LiveRow): ListrTask {
    return {
      title: row.text(this.#now()),
      task: (_, task) => {
        row.listrTask = task;
        // A short run may be over before listr2 has loaded its parts and begins its tasks.
        if (this.#stopped) return;
        return new Promise<void>((resolve, reject) => {
          row.end = (error) => (error ? reject(error) : resolve());
        });
      },
      rendererOptions: { outputBar: messagesShown },
    };
  }

  #update(): void {
    for (const row of [...this.#rows, this.#total]) {
      if (!row.end || !row.listrTask) continue;
      const text = row.text(this.#now());
      if (row.listrTask.title !== text) row.listrTask.title = text;
      if (row.groups.length === 0 || row.groups.some((group) => settled(group) < group.steps)) continue;
      row.end(row.groups.some((group) => group.failed > 0) ? new Error(text) : undefined);
      delete row.end;
    }
  }
}

function sharedText(groups: readonly GroupProgress[]): string {
  const sum = (of: (group: GroupProgress) => number) => groups.reduce((total, group) => total + of(group), 0);
  return `${groups.length} more kinds of steps ${sum(settled)}/${sum((group) => group.steps)}`;
}

/** `All steps 137/402, 0:42 so far, 3:20 left`. */
function totalText(progress: RunProgress, now: number): string {
  let done = 0;
  let steps = 0;
  for (const group of progress.groups.values()) {
    done += settled(group);
    steps += group.steps;
  }
  return `All steps ${done}/${steps}, ${clock(now - (progress.started ?? now))} so far${leftText(progress.timeLeft(now))}`;
}
