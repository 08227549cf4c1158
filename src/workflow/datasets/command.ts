import { dataFormatOf } from '../../formats/data-file.js';
import { isInnerName } from '../../formats/inner-path.js';
import type { Named } from '../definition.js';
import { type Program, type RawProgram, resolveModuleOrProgram } from '../program.js';
import type { DatasetDefinition, DatasetKind } from './kind.js';
import { type RawTransforms, sortedEntries } from './transforms.js';

/** Rows that a program of the user's makes. */
export interface CommandDataset extends DatasetDefinition {
  readonly kind: 'command';
  readonly command: Program;
  /** Names of what the program is given, each with a dataset; in the order of the names. */
  readonly inputs: readonly { readonly name: string; readonly dataset: string }[];
  /** The file that holds the rows, below outputs/. */
  readonly file: string;
}

export interface RawCommandDataset extends RawTransforms {
  readonly command: RawProgram;
  readonly inputs?: Named<string>;
  readonly rows?: string;
}

const gibibyte = 2 ** 30;

export const command: DatasetKind<CommandDataset, RawCommandDataset> = {
  resolve(scope, definition, raw, path) {
    const { rows: file = 'rows.jsonl' } = raw;
    if (!isInnerName(file) || dataFormatOf(file) === undefined) {
      const hint = 'Name a file below outputs/, such as rows.jsonl or rows.csv.';
      scope.refuse([...path, 'rows'], 'invalid-value', `${file} is not the name of a data file in outputs/`, hint);
    }
    if (raw.command.module !== undefined && !file.endsWith('.jsonl')) {
      const hint = 'Name it .jsonl, or leave it out.';
      scope.refuse([...path, 'rows'], 'invalid-value', `the rows of a module are JSON lines, not ${file}`, hint);
    }
    return {
      ...definition,
      kind: 'command',
      command: resolveModuleOrProgram(scope, raw.command, [...path, 'command'], gibibyte),
      inputs: sortedEntries(raw.inputs ?? {}).map(([name, dataset]) => ({
        name,
        dataset: scope.reference('datasets', dataset, [...path, 'inputs', name]),
      })),
      file,
    };
  },
  parts: ({ inputs }) => inputs.map(({ dataset }) => dataset),
  program: ({ command: program }) => program,
};
