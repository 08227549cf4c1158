import type { ModelJudge, RawModelJudge } from './model.js';
import type { OpenAiJudge, RawOpenAiJudge } from './openai.js';
import type { RawRulesJudge, RulesJudge } from './rules.js';

/** Who says how far a response complies. */
export type Judge = RulesJudge | OpenAiJudge | ModelJudge;
export type RawJudge = RawRulesJudge | RawOpenAiJudge | RawModelJudge;
/** A judge behind a server: its keys, requests and budget are looked at before a run. */
export type JudgeBehindServer = Extract<Judge, { readonly asking: unknown }>;

export function isBehindServer(judge: Judge): judge is JudgeBehindServer {
  return 'asking' in judge;
}

export type JudgeOf<K extends Judge['kind']> = Extract<Judge, { readonly kind: K }>;
export type RawJudgeOf<K extends Judge['kind']> = Extract<RawJudge, { readonly [key in K]: unknown }>;
