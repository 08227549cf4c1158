import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { drawGraph, type GraphFormat, graphFormats } from '../plan/graph.js';
import type { Command } from './command.js';
import { print } from './output.js';
import { planOptions, preparedFor } from './prepared.js';

export const command: Command = {
  name: 'graph',
  usage: 'FILE [TARGET…]',
  summary: 'Draw the steps of a workflow as mermaid or dot text',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['workflow', 'target'],
  options: {
    ...planOptions,
    format: { description: 'mermaid (the default) or dot', value: 'FORMAT', completes: graphFormats },
    steps: { description: 'One node a step instead of one a group of steps' },
  },
  async run(invocation) {
    const format = invocation.value('format') ?? 'mermaid';
    if (!graphFormats.includes(format as GraphFormat)) {
      throw new UsageError(`there is no graph format ${format}`, { hint: `Give ${graphFormats.join(' or ')}.` });
    }
    const { steps } = await preparedFor(invocation, invocation.positionals.slice(1));
    print(drawGraph(steps, format as GraphFormat, { collapse: !invocation.switch('steps') }));
    return exitCodes.done;
  },
};
