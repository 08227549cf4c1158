import type { CommandFilesParams } from '../../steps/command-files.js';
import type { Input } from '../../steps/step.js';
import type { CommandDataset } from '../../workflow/datasets/command.js';
import type { DatasetNode, DatasetParts, DatasetPlan } from './kind.js';
import { addRows } from './rows.js';

export const command: DatasetPlan<CommandDataset> = {
  add: addCommand,
  text: ({ command: { run }, file }) => `${file} of the program ${run.join(' ')}`,
};

function addCommand(dataset: CommandDataset, parts: DatasetParts): DatasetNode {
  const { name, command: program, inputs: given, file } = dataset;
  const of = `datasets.${name}`;
  const planned = parts.programs.add(of, program);
  const inputs: Record<string, Input> = { ...planned.inputs };
  const waitsFor = new Set<string>();
  for (const input of given) {
    const made = parts.made.get(input.dataset)!;
    if ('waitsFor' in made) for (const waiting of made.waitsFor) waitsFor.add(waiting);
    else inputs[`with/${input.name}`] = { node: made.node, output: 'rows' };
  }
  if (waitsFor.size > 0) return { waitsFor: [...waitsFor] };
  const kinds = Object.fromEntries(given.map((input) => [input.name, 'dataset' as const]));
  const params: CommandFilesParams = {
    program: planned.params,
    ...(given.length > 0 && { with: kinds }),
    files: [file],
  };
  const step = { id: `command-files[${name}]`, kind: 'command-files' as const, params, inputs, group: 'Datasets' };
  const node = parts.builder.add({ ...step, ...planned.more }, of);
  return addRows(dataset, node, [file], parts);
}
