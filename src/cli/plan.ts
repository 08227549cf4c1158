import { exitCodes } from '../diagnostics/exit-codes.js';
import { describePlan } from '../run/plan.js';
import type { Command } from './command.js';
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
  options: {
    ...planOptions,
    all: { description: 'One line a step, reasons in full' },
    json: {
      description:
        'Print one JSON object: {steps: [{id, kind, status, reason}], counts: {cached, run}, toFetch, deferred, judges, judging}',
    },
    'exit-code': { description: `Exit with ${somethingToRun} when something would run` },
  },
  details: [
    'A TARGET is the name of a sweep, metric, update or model, a kind of step, or a pattern of step ids, such as',
    "'svd[alignment,*q_proj*]'; the plan is then of what it needs. Nothing is run, fetched or opened.",
    `Exit codes: 0 planned, 2 invalid workflow or usage, 3 environment; with --exit-code ${somethingToRun} when something would run.`,
  ].join('\n'),
  async run(invocation) {
    const prepared = await preparedFor(invocation, invocation.positionals.slice(1));
    if (invocation.switch('json')) {
      printJson(describePlan(prepared));
    } else {
      print((invocation.switch('all') ? planTextOfEach : planText)(prepared.workflow.name, prepared));
    }
    const busy = countsOf(prepared).run > 0 || prepared.plan.deferred.length > 0;
    return invocation.switch('exit-code') && busy ? somethingToRun : exitCodes.done;
  },
};
