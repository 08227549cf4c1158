import type { RubricChoice } from '../../formats/response-choices.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { JudgeKind } from './kind.js';
import { defaultVerdictTokens, numbersOf, type RawRubric, resolveRubric } from './rubric.js';

/** Asks a language model behind a server that speaks OpenAI's chat completions. */
export interface OpenAiJudge {
  readonly kind: 'openai';
  readonly model: string;
  readonly url: string;
  /** The environment variable that holds the key. */
  readonly key?: string;
  readonly rubric: RubricChoice;
  readonly maxTokens: number;
  /** `default`: the model's own. Absent: 0, or the model's own where it takes none. */
  readonly temperature?: number | 'default';
  readonly seed: number;
  /** How verdicts are got, whatever they are: no part of the key. */
  readonly asking: Asking;
}

export interface Asking {
  readonly concurrency: number;
  readonly attempts: number;
  readonly timeoutSeconds: number;
  readonly budget: { readonly requests?: number; readonly tokens?: number };
}

export interface RawOpenAiJudge {
  readonly openai: string;
  readonly url?: string;
  readonly key?: string;
  readonly rubric?: RawRubric;
  readonly 'max-tokens'?: number;
  readonly temperature?: OpenAiJudge['temperature'];
  readonly seed?: number;
  readonly concurrency?: number;
  readonly attempts?: number;
  readonly timeout?: number;
  readonly budget?: Asking['budget'];
}

const openAi = 'https://api.openai.com/v1';

export const openai: JudgeKind<OpenAiJudge, RawOpenAiJudge> = {
  resolve(scope, raw, path) {
    const rubric = resolveRubric(scope, raw.rubric ?? 'policy', [...path, 'rubric']);
    const url = resolveUrl(scope, raw.url ?? openAi, raw.key !== undefined, [...path, 'url']);
    const key = raw.key ?? (url === openAi ? 'OPENAI_API_KEY' : undefined);
    return {
      kind: 'openai',
      model: raw.openai,
      url,
      ...(key === undefined ? {} : { key }),
      rubric,
      maxTokens: raw['max-tokens'] ?? defaultVerdictTokens,
      ...(raw.temperature === undefined ? {} : { temperature: raw.temperature }),
      seed: raw.seed ?? 0,
      asking: {
        concurrency: raw.concurrency ?? 8,
        attempts: raw.attempts ?? 5,
        timeoutSeconds: raw.timeout ?? 120,
        budget: raw.budget ?? {},
      },
    };
  },
  models: () => [],
  numbers: ({ rubric }) => numbersOf(rubric),
};

/** Keys travel encrypted, or not beyond this machine. */
function resolveUrl(scope: Scope, text: string, withKey: boolean, path: Path): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    scope.refuse(path, 'invalid-value', `"${text}" is not a base URL of a server`, `For example: ${openAi}`);
    return text;
  }
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (withKey && url.protocol === 'http:' && !loopback) {
    const message = `the key would go to ${url.host} unencrypted`;
    scope.refuse(path, 'unencrypted-key', message, 'Use https, or leave out the key.');
  }
  return url.href.replace(/\/+$/, '');
}
