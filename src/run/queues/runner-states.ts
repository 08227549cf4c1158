import type { QueueState } from './queue.js';

const liveliness: readonly QueueState[] = ['ended', 'pending', 'running'];

/** The one of two states of a runner that shows more life: a queue may have been given the runner twice. */
export function livelier(first: QueueState | undefined, second: QueueState): QueueState {
  return first !== undefined && liveliness.indexOf(first) > liveliness.indexOf(second) ? first : second;
}

/** `3 wait: 2 Priority, 1 Resources`; undefined when none waits. */
export function reasonsText(reasons: readonly string[]): string | undefined {
  if (reasons.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const told = [...counts].filter(([reason]) => reason !== '' && reason !== 'None');
  const waiting = `${reasons.length} ${reasons.length === 1 ? 'waits' : 'wait'}`;
  if (told.length === 0) return waiting;
  const [only] = told;
  if (told.length === 1 && only![1] === reasons.length) return `${waiting}: ${only![0]}`;
  return `${waiting}: ${told.map(([reason, count]) => `${count} ${reason}`).join(', ')}`;
}
