import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';

/** Which hidden states a metric takes: one a prompt, at every depth. */
export interface HiddenStates {
  /** Datasets. */
  readonly prompts: readonly string[];
  /** The column of the prompt. */
  readonly prompt: string;
  readonly template: PromptTemplate;
  /** First and last layer, as parts of the depth. */
  readonly layers: readonly [number, number];
  readonly position: 'last-prompt' | 'last-padded' | 'last-generated';
  /** Tokens to generate, with position last-generated. */
  readonly maxTokens: number;
  /** Maximum length of a prompt, in tokens. */
  readonly maxLength: number;
}

export interface RawHiddenStates {
  readonly prompts: readonly string[];
  readonly prompt?: string;
  readonly template?: PromptTemplate;
  readonly layers?: readonly [number, number];
  readonly position?: HiddenStates['position'];
  readonly 'max-tokens'?: number;
  readonly 'max-length'?: number;
}

/** Fills in defaults; refuses layers the wrong way round, and tokens that nothing generates. */
export function resolveHiddenStates(
  scope: Scope,
  raw: RawHiddenStates,
  path: Path,
  byDefault: Pick<HiddenStates, 'layers' | 'position'>,
): HiddenStates {
  const { layers = byDefault.layers, position = byDefault.position } = raw;
  if (layers[0] >= layers[1]) {
    const message = `no layer lies between ${layers[0]} and ${layers[1]} of the depth`;
    const hint = 'Give the smaller part first, for example [0.65, 0.9].';
    scope.refuse([...path, 'layers'], 'out-of-range', message, hint);
  }
  return {
    prompts: scope.references('datasets', raw.prompts, [...path, 'prompts']),
    prompt: raw.prompt ?? 'prompt',
    template: raw.template ?? 'raw',
    layers,
    position,
    maxTokens: raw['max-tokens'] ?? 256,
    maxLength: raw['max-length'] ?? 512,
  };
}

/** Refuses a number of tokens to generate beside a position that nothing is generated for. */
export function refuseIdleTokens(scope: Scope, raw: RawHiddenStates, path: Path, position: HiddenStates['position']) {
  if (raw['max-tokens'] === undefined || position === 'last-generated') return;
  const message = `nothing is generated for the hidden state of position ${position}`;
  scope.refuse([...path, 'max-tokens'], 'no-generation', message, 'Remove it, or set position: last-generated.');
}
