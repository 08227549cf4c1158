import type { Path } from './document.js';
import type { Scope } from './scope.js';

/** What a program is given beside what its metric measures: name → a definition of the workflow. */
export type ProgramInputs = Readonly<Record<string, ProgramInput>>;

/** A model is given as a Hugging Face folder, a dataset as a file of JSON lines. */
export type ProgramInput = { readonly model: string } | { readonly dataset: string };

export type RawProgramInputs = Readonly<Record<string, { readonly model?: string; readonly dataset?: string }>>;

/** Names of what a program is given of what it measures. */
const reserved = ['model', 'rows', 'responses'];

export function resolveInputs(scope: Scope, raw: RawProgramInputs | undefined, path: Path): ProgramInputs {
  // In the order of their names: the order of keys changes nothing.
  const names = Object.keys(raw ?? {}).sort();
  return Object.fromEntries(
    names.map((name): [string, ProgramInput] => {
      const { model, dataset } = raw![name]!;
      const at = [...path, 'inputs', name];
      if (reserved.includes(name)) {
        scope.refuse(at, 'reserved-name', `an input cannot be called ${name}`, 'Choose another name.');
      }
      if ((model === undefined) === (dataset === undefined)) {
        const hint = 'For example: { model: base } or { dataset: words }.';
        scope.refuse(at, 'invalid-combination', 'an input is a model or a dataset, one of the two', hint);
      }
      return model === undefined
        ? [name, { dataset: dataset === undefined ? '' : scope.reference('datasets', dataset, [...at, 'dataset']) }]
        : [name, { model: scope.reference('models', model, [...at, 'model']) }];
    }),
  );
}

export function modelsOfInputs(inputs: ProgramInputs): string[] {
  return Object.values(inputs).flatMap((input) => ('model' in input ? [input.model] : []));
}

export function datasetsOfInputs(inputs: ProgramInputs): string[] {
  return Object.values(inputs).flatMap((input) => ('dataset' in input ? [input.dataset] : []));
}
