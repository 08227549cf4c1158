import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { Definition } from '../definition.js';
import type { OverlapKind } from './kind.js';

/** Mode subspace overlap of what sets of prompts activate. */
export interface ActivationMsoMetric extends Definition {
  readonly kind: 'activation-mso';
  readonly models: readonly string[];
  /** Datasets; all pairs of them are compared. */
  readonly prompts: readonly string[];
  /** The column of the prompt. */
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** From and to, as parts of the depth. */
  readonly layers: readonly [number, number];
  readonly position: 'last-prompt' | 'last-padded' | 'last-generated';
  /** Tokens to generate, with position last-generated. */
  readonly maxTokens: number;
  /** Maximum length of a prompt, in tokens. */
  readonly maxLength: number;
  readonly centre: boolean;
  readonly energies: readonly number[];
}

export interface RawActivationMso {
  readonly kind: 'activation-mso';
  readonly models: string | readonly string[];
  readonly prompts: readonly string[];
  readonly prompt?: string;
  readonly template?: PromptTemplate;
  readonly layers?: readonly [number, number];
  readonly position?: ActivationMsoMetric['position'];
  readonly 'max-tokens'?: number;
  readonly 'max-length'?: number;
  readonly centre?: boolean;
  readonly energies: readonly number[];
}

export const activationMso: OverlapKind<ActivationMsoMetric, RawActivationMso> = {
  behaviour: false,
  parts: ['activations'],
  resolve(scope, definition, raw, path, { semantics }) {
    const layers = raw.layers ?? [0.65, 0.9];
    if (layers[0] >= layers[1]) {
      const message = `no layer lies between ${layers[0]} and ${layers[1]} of the depth`;
      scope.refuse(
        [...path, 'layers'],
        'out-of-range',
        message,
        'Give the smaller part first, for example [0.65, 0.9].',
      );
    }
    const position = raw.position ?? (semantics === 'paper' ? 'last-generated' : 'last-padded');
    // Where the semantics decide the position, max-tokens waits for those in which it counts.
    const generates = raw.position === undefined || raw.position === 'last-generated';
    if (raw['max-tokens'] !== undefined && !generates) {
      const message = `nothing is generated for the hidden state of position ${raw.position}`;
      scope.refuse([...path, 'max-tokens'], 'no-generation', message, 'Remove it, or set position: last-generated.');
    }
    return {
      ...definition,
      kind: 'activation-mso',
      models: scope.references('models', raw.models, [...path, 'models']),
      prompts: scope.references('datasets', raw.prompts, [...path, 'prompts']),
      prompt: raw.prompt ?? 'prompt',
      template: raw.template ?? 'raw',
      layers,
      position,
      maxTokens: raw['max-tokens'] ?? 256,
      maxLength: raw['max-length'] ?? 512,
      centre: raw.centre ?? false,
      energies: raw.energies,
    };
  },
  uses: ({ models, prompts }) => ({ models, datasets: prompts }),
  pairs: ({ prompts }) => prompts.flatMap((a, index) => prompts.slice(index + 1).map((b) => [a, b] as const)),
};
