import { EnvironmentError } from '../diagnostics/errors.js';
import { isHeaderValue } from '../formats/header-value.js';
import { judge } from '../steps/judge.js';
import { isStepOf } from '../steps/step.js';
import { isServerJudged } from '../workflow/metrics/judge.js';
import type { Study } from '../workflow/study.js';
import type { JudgeRequests } from './judge-requests.js';
import type { Prepared } from './prepare.js';

export interface MissingKeys {
  /** A judge that is to be asked something has none. */
  readonly missing: EnvironmentError | undefined;
  /** Metrics that are not unrolled yet may need one: their verdicts may also be cached. */
  readonly later: readonly { readonly message: string; readonly hint: string }[];
}

/**
 * Looks for the keys that judging will need, before hours of training and not after them. A judge whose verdicts are all kept
 * needs none.
 */
export function missingJudgeKeys(
  { steps, outcomes, plan }: Pick<Prepared, 'steps' | 'outcomes' | 'plan'>,
  study: Study,
  judges: readonly JudgeRequests[],
  environment: NodeJS.ProcessEnv,
): MissingKeys {
  const asking = new Set(judges.filter(({ needed }) => needed !== 0).map((requests) => requests.judge));
  const answered = new Set(judges.map((requests) => requests.judge).filter((name) => !asking.has(name)));
  const missing = steps.flatMap((step) => {
    if (!isStepOf(judge, step) || outcomes.get(step.id)?.status === 'cached') return [];
    if (step.hints?.judge === undefined || answered.has(step.hints.judge)) return [];
    return problemsOf(step.hints.key, environment).map(
      (problem) =>
        new EnvironmentError(`${step.id} needs a key in the environment variable ${problem}`, {
          hint: 'Set it, judge by `rules` or a local `model`, or name the steps to run without judging.',
        }),
    );
  });
  const cells = new Map(study.cells.map(({ label, workflow }) => [label, workflow]));
  const later = plan.deferred.flatMap(({ what, cell = '' }) => {
    const metric = cells.get(cell)!.metrics.get(what.replace(/^metrics\./, ''));
    const key = metric !== undefined && isServerJudged(metric) ? metric.judge.key : undefined;
    return problemsOf(key, environment).map((problem) => ({
      message: `${what} may need a key in the environment variable ${problem}`,
      hint: 'Set it now, or judging fails when all else is done, unless all its verdicts are kept.',
    }));
  });
  return { missing: missing[0], later };
}

/** What is wrong with a key that is needed, without a character of it; nothing where nothing can be told from here. */
function problemsOf(variable: string | undefined, environment: NodeJS.ProcessEnv): string[] {
  if (variable === undefined) return [];
  const key = environment[variable]?.trim() ?? '';
  if (key === '') return [`${variable}, which is not set`];
  return isHeaderValue(key) ? [] : [`${variable}, which holds no key: there are spaces or odd characters in it`];
}
