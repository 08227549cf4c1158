import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { SubspaceKind } from './kind.js';

/**
 * Directions in which the mean hidden states of two sets of prompts differ (Arditi et al. 2024, "Refusal in Language Models Is
 * Mediated by a Single Direction"): one for each layer and position.
 */
export interface Difference extends Definition {
  readonly kind: 'difference';
  readonly model: string;
  /** Two datasets: the directions lead from the mean of the second to that of the first. */
  readonly prompts: readonly [string, string];
  /** The column of the prompt. */
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** Layers that the states enter: numbers from 0, or parts of the depth below 1. Empty with `select`: all that it looks at. */
  readonly layers: readonly number[];
  /** Positions counted from the end of the prompt: −1 is its last token. */
  readonly positions: readonly number[];
  /** Maximum length of a prompt, in tokens. */
  readonly maxLength: number;
  /** How one of the layers and positions is chosen; null: all of them are directions. */
  readonly select: Selection | null;
}

/** Choice of one direction by what it does to a model on prompts of two other sets (Arditi et al. 2024, appendix C). */
export interface Selection {
  /** Two datasets, of the same kinds as those of the difference. */
  readonly prompts: readonly [string, string];
  /** Rows of each, from the first on. */
  readonly limit: number;
  /** Texts whose first tokens begin a refusal. */
  readonly refusals: readonly string[];
  /** Part of the depth below which layers are looked at. */
  readonly depth: number;
  /** Largest KL divergence on the second set without the direction, in nats. */
  readonly divergence: number;
  /** Least refusal score of the second set with the direction added. */
  readonly induced: number;
}

export interface RawDifference {
  readonly kind: 'difference';
  readonly model: string;
  readonly prompts: readonly [string, string];
  readonly prompt?: string;
  readonly template?: PromptTemplate;
  readonly layer?: number | readonly number[];
  readonly position?: number | readonly number[];
  readonly 'max-length'?: number;
  readonly select?: {
    readonly prompts: readonly [string, string];
    readonly limit?: number;
    readonly refusals: readonly string[];
    readonly depth?: number;
    readonly divergence?: number;
    readonly induced?: number;
  };
}

export const difference: SubspaceKind<Difference, RawDifference> = {
  side: 'mixed',
  resolve(scope, definition, raw, path) {
    const [first, second] = raw.prompts;
    if (first === second) {
      const message = `the difference of "${first}" and itself is zero`;
      scope.refuse([...path, 'prompts', '1'], 'empty-difference', message, 'Name two datasets.');
    }
    if (raw.layer === undefined && raw.select === undefined) {
      const message = `${path.join('.')} has neither a layer nor select, which chooses one`;
      scope.refuse(path, 'missing-key', message, 'For example: layer: 0.6');
    }
    const layers = raw.layer === undefined ? [] : listOf(raw.layer);
    for (const [index, layer] of layers.entries()) {
      if (layer < 1 || Number.isInteger(layer)) continue;
      const message = `${layer} is neither the number of a layer nor a part of the depth`;
      scope.refuse(at('layer', raw.layer, index), 'out-of-range', message, 'Give a whole number, or a part below 1.');
    }
    const positions = listOf(raw.position ?? -1);
    const maxLength = raw['max-length'] ?? 512;
    for (const [index, position] of positions.entries()) {
      if (-position <= maxLength) continue;
      const message = `a prompt of at most ${maxLength} tokens has no position ${position}`;
      scope.refuse(
        at('position', raw.position, index),
        'out-of-range',
        message,
        `Give one from -${maxLength} to -1, or a larger max-length.`,
      );
    }
    return {
      ...definition,
      kind: 'difference',
      model: scope.reference('models', raw.model, [...path, 'model']),
      prompts: [
        scope.reference('datasets', first, [...path, 'prompts', '0']),
        scope.reference('datasets', second, [...path, 'prompts', '1']),
      ],
      prompt: raw.prompt ?? 'prompt',
      template: raw.template ?? 'chat',
      layers,
      positions,
      maxLength,
      select: raw.select === undefined ? null : resolveSelection(scope, raw.select, [...path, 'select']),
    };

    function at(field: string, value: RawDifference['position'], index: number): Path {
      return Array.isArray(value) ? [...path, field, String(index)] : [...path, field];
    }
  },
  uses: ({ model, prompts, select }) => ({ models: [model], datasets: [...prompts, ...(select?.prompts ?? [])] }),
};

function resolveSelection(scope: Scope, raw: NonNullable<RawDifference['select']>, path: Path): Selection {
  const [first, second] = raw.prompts;
  return {
    prompts: [
      scope.reference('datasets', first, [...path, 'prompts', '0']),
      scope.reference('datasets', second, [...path, 'prompts', '1']),
    ],
    limit: raw.limit ?? 32,
    refusals: raw.refusals,
    depth: raw.depth ?? 0.8,
    divergence: raw.divergence ?? 0.1,
    induced: raw.induced ?? 0,
  };
}

function listOf(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}
