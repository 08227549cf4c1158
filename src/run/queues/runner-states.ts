import type { QueueState } from './queue.js';

const liveliness: readonly QueueState[] = ['ended', 'pending', 'running'];

/** The one of two states of a runner that shows more life: a queue may have been given the runner twice. */
export function livelier(first: QueueState | undefined, second: QueueState): QueueState {
  return first !== undefined && liveliness.indexOf(first) > liveliness.indexOf(second) ? first : second;
}

/** Why runners wait, as a queue says it: `reasons: 2 Priority, 1 Resources`; undefined when it says nothing. */
export function reasonsText(reasons: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const reason of reasons) {
    if (reason !== '' && reason !== 'None') counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const told = [...counts];
  if (told.length === 0) return undefined;
  if (told.length === 1) return `reason: ${told[0]![0]}`;
  return `reasons: ${told.map(([reason, count]) => `${count} ${reason}`).join(', ')}`;
}
