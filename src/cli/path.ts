import { DataError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { type OutputPlace, outputsOf, placeOf } from '../history/outputs.js';
import { actionOfStep, oneRunStep } from '../history/run-steps.js';
import { columns } from './columns.js';
import type { Command } from './command.js';
import { openedStore, storeOption } from './opened-store.js';
import { print, printJson } from './output.js';
import { chosenRun, stepNames, stepOptions } from './run-option.js';

export const command: Command = {
  name: 'path',
  usage: 'STEP',
  summary: 'Say where the outputs of a step lie',
  positionals: { min: 1, max: 1 },
  options: {
    ...storeOption,
    ...stepOptions,
    output: { description: 'Only this output: its path and nothing else', value: 'NAME' },
    json: { description: 'Print one JSON object' },
  },
  details: [
    stepNames,
    'Files of the store are read-only, and gc may take them. A tensor is its raw bytes in row-major order; runflow get writes',
    'tensors as safetensors. A step with one output prints its path alone.',
  ].join('\n'),
  async run(invocation) {
    const store = openedStore(invocation);
    const step = oneRunStep(store, chosenRun(store, invocation), invocation.positionals[0]!);
    const outputs = outputsOf(actionOfStep(store, step), invocation.value('output'));
    const places = outputs.map(([name, artifact]) => placeOf(store, name, artifact));
    if (invocation.switch('json')) {
      printJson({ step: step.id, key: step.key, outputs: places });
      return exitCodes.done;
    }
    const gone = places.find(({ stored }) => !stored);
    if (gone !== undefined && places.length === 1) {
      throw new DataError(`${gone.output} of ${step.id} is not in the store any more`, {
        hint: 'Run the workflow again: what is needed is made anew.',
      });
    }
    print(places.length === 1 ? `${printableLine(placeText(places[0]!))}\n` : columns(places.map(rowOf)));
    return exitCodes.done;
  },
};

function rowOf(place: OutputPlace): string[] {
  return [place.output, place.stored ? placeText(place) : 'collected'].map(printableLine);
}

function placeText({ path, range }: OutputPlace): string {
  return range === undefined ? path : `${path} (${range.bytes} bytes from byte ${range.offset})`;
}
