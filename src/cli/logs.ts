import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { matchingRunSteps } from '../history/run-steps.js';
import { type StepLog, stepLog } from '../history/step-log.js';
import { duration } from '../run/render/text.js';
import { day } from './cache-ls.js';
import type { Command } from './command.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { chosenRun, stepNames, stepOptions } from './run-option.js';

export const command: Command = {
  name: 'logs',
  usage: 'STEP',
  summary: 'Show what a step said: of a cached one, the attempt that made it',
  positionals: { min: 1, max: 1 },
  options: {
    ...storeOption,
    ...stepOptions,
    all: { description: 'Show every attempt at the same work that is remembered, also of other runs' },
    json: { description: 'Print one JSON array' },
  },
  details: [
    stepNames,
    'Lines, warnings and the error of each attempt are kept, 1 MiB of an attempt and five attempts. Values of variables that',
    'hold keys, tokens or passwords are left out. A log goes with the result that it is of.',
  ].join('\n'),
  async run(invocation) {
    const store = openedStore(invocation);
    const run = chosenRun(store, invocation);
    const steps = matchingRunSteps(store, run, invocation.positionals[0]!);
    const logs = steps.map((step) => stepLog(store, run.id, step, invocation.switch('all')));
    if (invocation.switch('json')) printJson(logs);
    else print(logs.map(textOf).join('\n'));
    return exitCodes.done;
  },
};

function textOf({ step, made, attempts }: StepLog): string {
  const blocks = attempts.map(({ run, attempt, started, outcome, lines, cut }) => {
    const head = `${step}: attempt ${attempt} of run ${run}, ${day(started)}, ${outcome ?? 'killed or still at work'}`;
    const said = lines.flatMap(({ seconds, text, level, hint }) => [
      `  ${duration(seconds).padStart(8)}  ${level === 'line' ? '' : `${level}: `}${text.split('\n').map(printableLine).join('\n            ')}`,
      ...(hint === undefined ? [] : [`            ${printableLine(hint)}`]),
    ]);
    const more = cut === 0 ? [] : [`  and ${cut} more lines, which were too many to keep`];
    return [printableLine(head), ...said, ...more].join('\n');
  });
  if (blocks.length === 0) blocks.push(printableLine(silentText(step, made)));
  return `${blocks.join('\n')}\n`;
}

function silentText(step: string, made: StepLog['made']): string {
  if (made === null) return `${step}: no log, and no result in the store`;
  return `${step}: said nothing; done in ${duration(made.seconds)}, ${day(made.started)}, for ${made.workflow}`;
}
