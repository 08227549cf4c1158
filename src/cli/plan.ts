import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { describePlan } from '../run/plan.js';
import type { Command, Invocation } from './command.js';
import { estimateOptions } from './estimate-options.js';
import { print, printJson } from './output.js';
import { countsOf, planText, planTextOfEach } from './plan-text.js';
import { planOptions, preparedFor } from './prepared.js';

/** Exit code of --exit-code, different from all the fixed ones. */
const somethingToRun = 4;

export const command: Command = {
  name: 'plan',
  usage: 'FILE [TARGET…]',
  summary: 'Say which steps are cached, which would run, and why',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['workflow', 'target'],
  options: {
    ...planOptions,
    ...estimateOptions,
    all: { description: 'One line a step, reasons in full' },
    json: {
      description:
        'Print one JSON object: {steps: [{id, kind, status, reason}], counts: {cached, run}, toFetch, deferred, judges, judging, commands}, and estimate',
    },
    'exit-code': { description: `Exit with ${somethingToRun} when something would run` },
  },
  details: [
    'A TARGET is the name of a sweep, metric, update or model, a kind of step, or a pattern of step ids, such as',
    "'svd[alignment,*q_proj*]'; the plan is then of what it needs. Nothing is run, fetched or opened.",
    'With --estimate the hub is asked for config.json, headers of safetensors files and lists of files, also of models that were',
    'never fetched; HF_HUB_OFFLINE=1 takes what was asked before. What cannot be known yet is a range, with what bounds it.',
    'The speed of this machine is measured once, and kept until a driver changes or `runflow doctor` looks afresh.',
    `Exit codes: 0 planned, 2 invalid workflow or usage, 3 environment; with --exit-code ${somethingToRun} when something would run.`,
  ].join('\n'),
  async run(invocation) {
    if (invocation.switch('estimate')) return estimate(invocation);
    const alone = ['device', 'assume'].find((option) => invocation.values(option).length > 0);
    if (alone !== undefined) throw new UsageError(`--${alone} is about costs`, { hint: 'Add --estimate.' });
    const prepared = await preparedFor(invocation, invocation.positionals.slice(1));
    if (invocation.switch('json')) {
      printJson(describePlan(prepared));
    } else {
      print((invocation.switch('all') ? planTextOfEach : planText)(prepared.study.name, prepared));
    }
    const busy = countsOf(prepared).run > 0 || prepared.plan.deferred.length > 0;
    return exitCodeOf(invocation, busy);
  },
};

async function estimate(invocation: Invocation) {
  if (invocation.switch('all')) {
    throw new UsageError('--all lists reasons, and --estimate costs', { hint: 'Leave one of them out.' });
  }
  const [{ estimateFor }, { describeEstimate, estimateText }] = await Promise.all([
    import('./estimate.js'),
    import('./estimate-text.js'),
  ]);
  const tell = (line: string) => process.stderr.write(`${printableLine(line)}\n`);
  const shown = await estimateFor(invocation, invocation.positionals.slice(1), tell);
  if (invocation.switch('json')) printJson(describeEstimate(shown));
  else print(estimateText(shown));
  return exitCodeOf(invocation, shown.estimated.costs.steps.length > 0);
}

function exitCodeOf(invocation: Invocation, busy: boolean) {
  return invocation.switch('exit-code') && busy ? somethingToRun : exitCodes.done;
}
