import { EnvironmentError } from '../diagnostics/errors.js';
import { isHeaderValue } from '../formats/header-value.js';
import type { JudgeHints } from '../steps/eval-params.js';
import type { Step } from '../steps/step.js';
import type { Metric } from '../workflow/workflow.js';
import type { Prepared } from './prepare.js';

export interface MissingKeys {
  /** A judge that is to run has none. */
  readonly missing: EnvironmentError | undefined;
  /** Metrics that are not unrolled yet may need one: their verdicts may also be cached. */
  readonly later: readonly { readonly message: string; readonly hint: string }[];
}

/** Looks for the keys that judging will need, before hours of training and not after them. */
export function missingJudgeKeys(
  { steps, outcomes, plan }: Pick<Prepared, 'steps' | 'outcomes' | 'plan'>,
  metrics: ReadonlyMap<string, Metric>,
  environment: NodeJS.ProcessEnv,
): MissingKeys {
  const isMissing = (key: string | undefined): key is string =>
    key !== undefined && problemOf(key, environment) !== null;
  const keyOf = (step: Step) =>
    step.kind === 'judge' ? (step.hints as Partial<JudgeHints> | undefined)?.key : undefined;
  const first = steps.find((step) => isMissing(keyOf(step)) && outcomes.get(step.id)?.status !== 'cached');
  const later = plan.deferred.flatMap(({ what }) => {
    const metric = metrics.get(what.replace(/^metrics\./, ''));
    const key = metric?.kind === 'judge' && metric.judge.kind === 'openai' ? metric.judge.key : undefined;
    const message = `${what} will need a key in the environment variable ${key}, which ${key && problemOf(key, environment)}`;
    return isMissing(key) ? [{ message, hint: 'Set it now, or judging fails when all else is done.' }] : [];
  });
  return { missing: first && missingKey(first.id, keyOf(first)!, environment), later };
}

function missingKey(step: string, variable: string, environment: NodeJS.ProcessEnv): EnvironmentError {
  const problem = problemOf(variable, environment);
  return new EnvironmentError(`${step} needs a key in the environment variable ${variable}, which ${problem}`, {
    hint: `Set ${variable}, judge by \`rules\` or a local \`model\`, or name the steps to run without judging.`,
  });
}

/** What is wrong with a key, without a character of it; null: nothing that can be told from here. */
function problemOf(variable: string, environment: NodeJS.ProcessEnv): string | null {
  const key = environment[variable]?.trim() ?? '';
  if (key === '') return 'is not set';
  return isHeaderValue(key) ? null : 'holds no key: there are spaces or odd characters in it';
}
