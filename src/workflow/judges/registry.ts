import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { Judge, JudgeOf, RawJudge, RawJudgeOf } from './judge.js';
import type { JudgeKind } from './kind.js';
import { model } from './model.js';
import { openai } from './openai.js';
import { rules } from './rules.js';

const judgeKinds: { readonly [K in Judge['kind']]: JudgeKind<JudgeOf<K>, RawJudgeOf<K>> } = {
  rules,
  openai,
  model,
};

/** The registry says that a kind takes just such a judge. */
function kindOf(kind: string): JudgeKind<Judge, RawJudge> {
  return judgeKinds[kind as Judge['kind']] as unknown as JudgeKind<Judge, RawJudge>;
}

export function resolveJudge(scope: Scope, raw: RawJudge, path: Path): Judge {
  const kind = Object.keys(judgeKinds).find((key) => key in raw)!;
  return kindOf(kind).resolve(scope, raw, path);
}

/** Models of the workflow that a judge asks. */
export function modelsAsked(judge: Judge): readonly string[] {
  return kindOf(judge.kind).models(judge);
}

/** Names of the scores that a judge gives beside its own: the share of fives, or the numbers that a formula is of. */
export function scoreNamesOf(judge: Judge): readonly string[] {
  const numbers = kindOf(judge.kind).numbers(judge);
  return numbers.length > 0 ? numbers : ['share-of-5'];
}
