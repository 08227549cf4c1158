import type { PromptTemplate } from '../../formats/dataset-choices.js';
import type { AnswerFilter, RubricChoice } from '../../formats/response-choices.js';
import type { Path } from '../document.js';
import type { Named } from '../raw.js';
import type { TokenOptions } from '../recipes.js';
import type { Scope } from '../scope.js';
import type { Semantics } from '../workflow.js';
import type { ActivationMsoMetric, JudgeChoice, Metric } from './metric.js';

export type RawMetric = RawMso | RawActivationMso | RawExactMatch | RawJudgeMetric | RawLoss;

interface RawMso {
  readonly kind: 'mso';
  readonly pairs: readonly (readonly [string, string])[];
  readonly energies: readonly number[];
}

interface RawActivationMso {
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

interface RawBehaviour {
  readonly on: string;
  readonly models?: string | readonly string[];
}

interface RawExactMatch extends RawBehaviour {
  readonly kind: 'exact-match';
  readonly question?: string;
  readonly answer?: string;
  readonly fewshot?: number | { readonly n: number; readonly from?: string; readonly seed?: number };
  readonly extract?: 'flexible' | 'strict' | { readonly regex: string; readonly take?: 'first' | 'last' };
  readonly template?: PromptTemplate | 'question';
  readonly 'max-tokens'?: number;
  readonly stop?: readonly string[];
  readonly limit?: number;
}

interface RawJudgeMetric extends RawBehaviour {
  readonly kind: 'judge';
  readonly prompt?: string;
  readonly template?: PromptTemplate;
  readonly judge: RawJudge;
  readonly 'max-tokens'?: number;
  readonly stop?: readonly string[];
  readonly sampling?: {
    readonly temperature: number;
    readonly 'top-p'?: number;
    readonly 'top-k'?: number;
    readonly seed?: number;
  };
  readonly limit?: number;
}

interface RawLoss extends RawBehaviour {
  readonly kind: 'loss';
  readonly template?: PromptTemplate;
  readonly eos?: boolean;
  readonly 'loss-on'?: TokenOptions['lossOn'];
  readonly 'max-length'?: number;
  readonly overlong?: TokenOptions['overlong'];
}

type RawJudge =
  | { readonly rules: { readonly refusals: 'gcg' | 'qi' | readonly string[]; readonly contains?: string } }
  | {
      readonly openai: string;
      readonly url?: string;
      readonly key?: string;
      readonly rubric?: RubricChoice;
      readonly 'max-tokens'?: number;
      readonly temperature?: number | 'default';
      readonly seed?: number;
      readonly concurrency?: number;
      readonly attempts?: number;
      readonly timeout?: number;
      readonly budget?: { readonly requests?: number; readonly tokens?: number };
    }
  | {
      readonly model: string;
      readonly rubric?: RubricChoice;
      readonly template?: 'chat' | 'raw';
      readonly 'max-tokens'?: number;
    };

/** How lm-evaluation-harness writes a question of gsm8k. */
const questionTemplate = { prompt: 'Question: {prompt}\nAnswer:', response: ' {response}' } as const;
const openAi = 'https://api.openai.com/v1';

export function resolveMetrics(
  scope: Scope,
  raw: Named<RawMetric> | undefined,
  { seed, semantics }: { readonly seed: number; readonly semantics: Semantics },
): Map<string, Metric> {
  return scope.section('metrics', raw, (definition, metric, path): Metric => {
    if (definition.name === 'energy') {
      const message = 'a metric cannot be called energy: that is what a sweep measures of the update itself';
      scope.refuse(path, 'reserved-name', message, 'Choose another name.');
    }
    switch (metric.kind) {
      case 'mso': {
        const pairs = metric.pairs.map((pair, index): [string, string] => {
          const [a, b] = scope.references('updates', pair, [...path, 'pairs', String(index)]);
          return [a!, b!];
        });
        return { ...definition, kind: 'mso', pairs, energies: metric.energies };
      }
      case 'activation-mso':
        return { ...definition, ...resolveActivations(scope, metric, path, semantics) };
      case 'exact-match': {
        const { template = 'question' } = metric;
        return {
          ...definition,
          kind: 'exact-match',
          ...measured(scope, metric, path),
          question: metric.question ?? 'question',
          answer: metric.answer ?? 'answer',
          fewshot: resolveFewshot(scope, metric.fewshot ?? 0, [...path, 'fewshot']),
          extract: resolveFilter(scope, metric.extract ?? 'flexible', [...path, 'extract']),
          template: template === 'question' ? questionTemplate : template,
          maxTokens: metric['max-tokens'] ?? 256,
          stop: metric.stop ?? ['Question:', '</s>', '<|im_end|>'],
          limit: metric.limit ?? null,
        };
      }
      case 'judge': {
        const { sampling } = metric;
        return {
          ...definition,
          kind: 'judge',
          ...measured(scope, metric, path),
          prompt: metric.prompt ?? 'prompt',
          template: metric.template ?? 'alpaca',
          judge: resolveJudge(scope, metric.judge, [...path, 'judge']),
          maxTokens: metric['max-tokens'] ?? 512,
          stop: metric.stop ?? [],
          sampling:
            sampling === undefined
              ? null
              : {
                  temperature: sampling.temperature,
                  topP: sampling['top-p'] ?? 1,
                  topK: sampling['top-k'] ?? null,
                  seed: sampling.seed ?? seed,
                },
          limit: metric.limit ?? null,
        };
      }
      case 'loss':
        return {
          ...definition,
          kind: 'loss',
          ...measured(scope, metric, path),
          tokens: {
            template: metric.template ?? 'alpaca',
            eos: metric.eos ?? true,
            lossOn: metric['loss-on'] ?? 'response',
            maxLength: metric['max-length'] ?? 512,
            overlong: metric.overlong ?? 'truncate',
          },
        };
    }
  });
}

function measured(scope: Scope, { on, models }: RawBehaviour, path: Path) {
  return {
    on: scope.reference('datasets', on, [...path, 'on']),
    models: models === undefined ? [] : scope.references('models', models, [...path, 'models']),
  };
}

function resolveActivations(scope: Scope, metric: RawActivationMso, path: Path, semantics: Semantics) {
  const layers = metric.layers ?? [0.65, 0.9];
  if (layers[0] >= layers[1]) {
    const message = `no layer lies between ${layers[0]} and ${layers[1]} of the depth`;
    scope.refuse([...path, 'layers'], 'out-of-range', message, 'Give the smaller part first, for example [0.65, 0.9].');
  }
  const position = metric.position ?? (semantics === 'paper' ? 'last-generated' : 'last-padded');
  // Where the semantics decide the position, max-tokens waits for those in which it counts.
  const generates = metric.position === undefined || metric.position === 'last-generated';
  if (metric['max-tokens'] !== undefined && !generates) {
    const message = `nothing is generated for the hidden state of position ${metric.position}`;
    scope.refuse([...path, 'max-tokens'], 'no-generation', message, 'Remove it, or set position: last-generated.');
  }
  return {
    kind: 'activation-mso',
    models: scope.references('models', metric.models, [...path, 'models']),
    prompts: scope.references('datasets', metric.prompts, [...path, 'prompts']),
    prompt: metric.prompt ?? 'prompt',
    template: metric.template ?? 'raw',
    layers,
    position,
    maxTokens: metric['max-tokens'] ?? 256,
    maxLength: metric['max-length'] ?? 512,
    centre: metric.centre ?? false,
    energies: metric.energies,
  } as const;
}

function resolveFewshot(scope: Scope, fewshot: NonNullable<RawExactMatch['fewshot']>, path: Path) {
  if (typeof fewshot === 'number') return { n: fewshot, from: null, seed: 1234 };
  const from = fewshot.from === undefined ? null : scope.reference('datasets', fewshot.from, [...path, 'from']);
  return { n: fewshot.n, from, seed: fewshot.seed ?? 1234 };
}

function resolveFilter(scope: Scope, extract: NonNullable<RawExactMatch['extract']>, path: Path): AnswerFilter {
  if (typeof extract === 'string') return extract;
  checkPattern(scope, extract.regex, 'g', [...path, 'regex']);
  return { regex: extract.regex, take: extract.take ?? 'last' };
}

function resolveJudge(scope: Scope, judge: RawJudge, path: Path): JudgeChoice {
  if ('rules' in judge) {
    const { refusals, contains } = judge.rules;
    return { kind: 'rules', refusals, ...(contains === undefined ? {} : { contains }) };
  }
  const rubric = resolveRubric(scope, judge.rubric ?? 'policy', [...path, 'rubric']);
  const maxTokens = judge['max-tokens'] ?? 1024;
  if ('model' in judge) {
    const model = scope.reference('models', judge.model, [...path, 'model']);
    return { kind: 'model', model, rubric, template: judge.template ?? 'chat', maxTokens };
  }
  const url = resolveUrl(scope, judge.url ?? openAi, judge.key !== undefined, [...path, 'url']);
  const key = judge.key ?? (url === openAi ? 'OPENAI_API_KEY' : undefined);
  return {
    kind: 'openai',
    model: judge.openai,
    url,
    ...(key === undefined ? {} : { key }),
    rubric,
    maxTokens,
    ...(judge.temperature === undefined ? {} : { temperature: judge.temperature }),
    seed: judge.seed ?? 0,
    asking: {
      concurrency: judge.concurrency ?? 8,
      attempts: judge.attempts ?? 5,
      timeoutSeconds: judge.timeout ?? 120,
      budget: judge.budget ?? {},
    },
  };
}

/** Keys travel encrypted, or not beyond this machine. */
function resolveUrl(scope: Scope, text: string, withKey: boolean, path: Path): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    scope.refuse(path, 'invalid-value', `"${text}" is no base URL of a server`, `For example: ${openAi}`);
    return text;
  }
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (withKey && url.protocol === 'http:' && !loopback) {
    const message = `the key would go to ${url.host} unencrypted`;
    scope.refuse(path, 'unencrypted-key', message, 'Use https, or leave out the key.');
  }
  return url.href.replace(/\/+$/, '');
}

function resolveRubric(scope: Scope, rubric: RubricChoice, path: Path): RubricChoice {
  if (typeof rubric === 'string') return rubric;
  checkPattern(scope, rubric.score, 'i', [...path, 'score']);
  if (groupsIn(rubric.score) === 0) {
    const message = 'this regular expression has no group, so no answer of the judge would hold a score';
    scope.refuse([...path, 'score'], 'no-group', message, 'Put round brackets around the score: "score: ([1-5])".');
  }
  const { prompt, score, scores } = rubric;
  if (scores === undefined) return { prompt, score };
  const lowered = Object.entries(scores).map(([said, value]) => [said.toLowerCase(), value] as const);
  return { prompt, score, scores: Object.fromEntries(lowered.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Groups that capture something; undefined for what is no pattern. */
function groupsIn(pattern: string): number | undefined {
  try {
    return new RegExp(`${pattern}|`).exec('')!.length - 1;
  } catch {
    return undefined;
  }
}

function checkPattern(scope: Scope, pattern: string, flags: string, path: Path): void {
  try {
    new RegExp(pattern, flags);
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, '');
    scope.refuse(path, 'invalid-pattern', `this is no regular expression: ${reason}`);
  }
}
