import type { Definition } from '../definition.js';
import { type Program, type RawProgram, resolveProgram } from '../program.js';
import {
  datasetsOfInputs,
  modelsOfInputs,
  type ProgramInputs,
  type RawProgramInputs,
  resolveInputs,
} from '../program-inputs.js';
import type { Scope } from '../scope.js';
import type { ModelKind } from './kind.js';

/** A model that a program of the user's makes of others. */
export interface CommandModel extends Definition {
  readonly kind: 'command';
  readonly command: Program;
  readonly inputs: ProgramInputs;
  /** Name of the input, a model, whose tensors it has by name, shape and type. */
  readonly like: string;
}

export interface RawCommandModel {
  readonly command: RawProgram;
  readonly inputs: RawProgramInputs;
  readonly like?: string;
}

const outputBytes = 64 * 2 ** 30;

export const command: ModelKind<CommandModel, RawCommandModel> = {
  keys: ['command'],
  resolve(scope, definition, raw, path) {
    const inputs = resolveInputs(scope, raw.inputs, path);
    const like = raw.like === undefined ? undefined : scope.reference('models', raw.like, [...path, 'like']);
    return {
      ...definition,
      kind: 'command',
      command: resolveProgram(scope, raw.command, [...path, 'command'], outputBytes),
      inputs,
      like: likeOf(scope, inputs, like, path),
    };
  },
  uses: ({ inputs }) => ({ models: modelsOfInputs(inputs), datasets: datasetsOfInputs(inputs) }),
  program: ({ command: program }) => program,
};

/** The input that is the named model, or the only one that is a model. */
function likeOf(scope: Scope, inputs: ProgramInputs, named: string | undefined, path: readonly string[]): string {
  const models = Object.entries(inputs).filter(([, input]) => 'model' in input);
  const [found, further] = models.filter(([, input]) => named === undefined || modelOf(input) === named);
  if (found === undefined) {
    const [key, message] =
      named === undefined
        ? ['inputs', 'none of the inputs is a model, so that nothing says which tensors the model has']
        : ['like', `${named} is no input of the command`];
    scope.refuse([...path, key], 'invalid-value', message, 'Give it the model that its own is like: { model: NAME }.');
  } else if (named === undefined && further !== undefined) {
    const names = models.map(([, input]) => modelOf(input)).join(', ');
    const hint = `Name the one whose tensors and tokenizer the model has, for example like: ${modelOf(found[1])}.`;
    scope.refuse(
      [...path, 'inputs'],
      'missing-key',
      `several inputs are models (${names}), and there is no like`,
      hint,
    );
  }
  return found?.[0] ?? '';
}

function modelOf(input: ProgramInputs[string]): string | undefined {
  return 'model' in input ? input.model : undefined;
}
