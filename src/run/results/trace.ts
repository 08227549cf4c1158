import type { StepTime } from '../run-times.js';

/**
 * The text of `timeline.json`: a run in the format of Chrome's trace events (JSON object form), which about:tracing and
 * Perfetto open. A complete event an attempt, in microseconds; steps that were at work together lie on lanes of their own.
 */
export function traceText(times: readonly StepTime[], workflow: string): string {
  const lanes: number[] = [];
  const events = times.map(({ step, group, attempt, reason, start, end, state }) => {
    const free = lanes.findIndex((until) => until <= start);
    const lane = free < 0 ? lanes.length : free;
    lanes[lane] = end;
    const [ts, dur] = [Math.round(start * 1e6), Math.round((end - start) * 1e6)];
    return { name: step, cat: group, ph: 'X', ts, dur, pid: 1, tid: lane + 1, args: { group, attempt, reason, state } };
  });
  const names = [
    { name: 'process_name', ph: 'M', pid: 1, tid: 0, args: { name: workflow } },
    ...lanes.map((_, lane) => ({
      name: 'thread_name',
      ph: 'M',
      pid: 1,
      tid: lane + 1,
      args: { name: `steps ${lane + 1}` },
    })),
  ];
  const lines = [...names, ...events].map((event) => JSON.stringify(event));
  return `{"displayTimeUnit":"ms","traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}
