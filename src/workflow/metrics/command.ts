import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import { type Program, type RawProgram, resolveModuleOrProgram } from '../program.js';
import {
  datasetsOfInputs,
  modelsOfInputs,
  type ProgramInputs,
  type RawProgramInputs,
  resolveInputs,
} from '../program-inputs.js';
import type { Scope } from '../scope.js';
import { resolveRange, type ScoreRange } from '../score-range.js';
import type { BehaviourKind } from './kind.js';
import type { Generating, RawGenerating } from './on-dataset.js';

/** What a program of the user's is given of the model that it scores: the model, rows of `on`, responses to them. */
const givenToPrograms = ['model', 'rows', 'responses'] as const;
export type GivenToProgram = (typeof givenToPrograms)[number];

/** Scores that a program of the user's gives. */
export interface CommandMetric extends Definition, Generating {
  readonly kind: 'command';
  readonly command: Program;
  /** A dataset; null: it scores a model by no items. */
  readonly on: string | null;
  readonly models: readonly string[];
  readonly takes: readonly GivenToProgram[];
  /** The column of the prompt. */
  readonly prompt: string;
  readonly inputs: ProgramInputs;
  /** The values that a score can have; null: any. */
  readonly bounds: ScoreRange | null;
  /** Names of the scores of each item: the metric's own, and further ones. */
  readonly scores: readonly [own: string, ...further: string[]];
}

export interface RawCommandMetric extends RawGenerating {
  readonly kind: 'command';
  readonly command: RawProgram;
  readonly on?: string;
  readonly models?: string | readonly string[];
  readonly takes?: readonly GivenToProgram[];
  readonly prompt?: string;
  readonly template?: PromptTemplate;
  readonly inputs?: RawProgramInputs;
  readonly range?: readonly [number, number];
  readonly scores?: string | readonly string[];
}

const gibibyte = 2 ** 30;

export const command: BehaviourKind<CommandMetric, RawCommandMetric> = {
  behaviour: true,
  parts: [],
  resolve(scope, definition, raw, path) {
    const { on } = raw;
    const asked = raw.takes ?? [on === undefined ? 'model' : 'responses'];
    const takes = givenToPrograms.filter((given) => asked.includes(given));
    const scores = scoresOf(raw.scores);
    checkTakes(scope, raw, takes, path);
    if (scores.includes('item')) {
      const hint = 'Choose another name: in a line, item is the number of the item, from 0 on.';
      scope.refuse([...path, 'scores'], 'reserved-name', 'a score cannot be called item', hint);
    }
    return {
      ...definition,
      kind: 'command',
      command: resolveModuleOrProgram(scope, raw.command, [...path, 'command'], gibibyte),
      on: on === undefined ? null : scope.reference('datasets', on, [...path, 'on']),
      models: raw.models === undefined ? [] : scope.references('models', raw.models, [...path, 'models']),
      takes,
      prompt: raw.prompt ?? 'prompt',
      template: raw.template ?? 'alpaca',
      maxTokens: raw['max-tokens'] ?? 512,
      stop: raw.stop ?? [],
      limit: raw.limit ?? null,
      inputs: resolveInputs(scope, raw.inputs, path),
      bounds: resolveRange(scope, raw.range, path),
      scores,
    };
  },
  uses: ({ on, inputs }) => ({
    datasets: [...(on === null ? [] : [on]), ...datasetsOfInputs(inputs)],
    models: modelsOfInputs(inputs),
  }),
  scoreNames: ({ scores: [, ...further] }) => further,
  program: ({ command: program }) => program,
};

/** Fields that say how responses come about. */
const ofResponses = ['prompt', 'template', 'max-tokens', 'stop'] as const;

function checkTakes(scope: Scope, raw: RawCommandMetric, takes: readonly GivenToProgram[], path: Path): void {
  const ofItems = takes.some((given) => given !== 'model');
  if (!takes.includes('model') && !takes.includes('responses')) {
    const hint = 'Add model or responses: a score that knows nothing of the model is the same for all.';
    scope.refuse([...path, 'takes'], 'invalid-value', 'the command takes nothing of the model that it scores', hint);
  }
  if (ofItems && raw.on === undefined) {
    const hint = 'Name the dataset that they are of: on: DATASET.';
    scope.refuse([...path, 'takes'], 'missing-key', `${takes.join(', ')} are of a dataset, and there is no on`, hint);
  }
  if (!ofItems && raw.on !== undefined) {
    const hint = 'Add rows or responses to takes, or remove on.';
    scope.refuse([...path, 'on'], 'unused-value', 'the command takes no items of the dataset', hint);
  }
  const unused = [...(ofItems ? [] : (['limit'] as const)), ...(takes.includes('responses') ? [] : ofResponses)].filter(
    (key) => raw[key] !== undefined,
  );
  for (const key of unused) {
    const hint = 'Add responses to takes, or remove it.';
    scope.refuse([...path, key], 'unused-value', `${key} is of responses, and the command takes none`, hint);
  }
}

function scoresOf(scores: RawCommandMetric['scores'] = 'score'): CommandMetric['scores'] {
  return typeof scores === 'string' ? [scores] : (scores as CommandMetric['scores']);
}
