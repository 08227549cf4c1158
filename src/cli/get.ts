import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { outputsOf, tensorFile, writeOutputs } from '../history/outputs.js';
import { actionOfStep, oneRunStep } from '../history/run-steps.js';
import type { Command } from './command.js';
import { folderOption } from './folder-option.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { chosenRun, stepNames, stepOptions } from './run-option.js';

export const command: Command = {
  name: 'get',
  usage: 'STEP --to DIR',
  summary: 'Copy the outputs of a step to a folder',
  positionals: { min: 1, max: 1 },
  options: {
    ...storeOption,
    ...stepOptions,
    to: { description: 'New or empty folder', value: 'DIR', completes: 'folder' },
    output: { description: 'Only this output', value: 'NAME' },
    json: { description: 'Print one JSON object' },
  },
  details: [
    stepNames,
    `Outputs have their own names; tensors are together in ${tensorFile}. A whole model is for runflow export.`,
  ].join('\n'),
  async run(invocation) {
    const to = folderOption(invocation, 'to');
    if (to === undefined) throw new UsageError('get to where?', { hint: 'Give a new folder: --to DIR.' });
    const store = openedStore(invocation);
    const step = oneRunStep(store, chosenRun(store, invocation), invocation.positionals[0]!);
    const files = await writeOutputs(store, outputsOf(actionOfStep(store, step), invocation.value('output')), to);
    if (invocation.switch('json')) printJson({ step: step.id, key: step.key, to, files });
    else
      print(
        `${files.map((file) => `${printableLine(file)}\n`).join('')}of ${printableLine(step.id)} in ${printableLine(to)}\n`,
      );
    return exitCodes.done;
  },
};
