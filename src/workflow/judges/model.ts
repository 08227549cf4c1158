import type { RubricChoice } from '../../formats/response-choices.js';
import type { JudgeKind } from './kind.js';
import { defaultVerdictTokens, numbersOf, type RawRubric, resolveRubric } from './rubric.js';

/** Asks a model of the workflow. */
export interface ModelJudge {
  readonly kind: 'model';
  readonly model: string;
  readonly rubric: RubricChoice;
  readonly template: 'chat' | 'raw';
  readonly maxTokens: number;
}

export interface RawModelJudge {
  readonly model: string;
  readonly rubric?: RawRubric;
  readonly template?: ModelJudge['template'];
  readonly 'max-tokens'?: number;
}

export const model: JudgeKind<ModelJudge, RawModelJudge> = {
  resolve(scope, raw, path) {
    const rubric = resolveRubric(scope, raw.rubric ?? 'policy', [...path, 'rubric']);
    const maxTokens = raw['max-tokens'] ?? defaultVerdictTokens;
    const asked = scope.reference('models', raw.model, [...path, 'model']);
    return { kind: 'model', model: asked, rubric, template: raw.template ?? 'chat', maxTokens };
  },
  models: ({ model: asked }) => [asked],
  numbers: ({ rubric }) => numbersOf(rubric),
};
