import { judge } from '../../steps/judge.js';
import { programOf } from '../../steps/program.js';
import { isStepOf } from '../../steps/step.js';
import { isServerJudged } from '../../workflow/metrics/judge.js';
import type { Study } from '../../workflow/study.js';
import type { Prepared } from '../prepare.js';

/** Variables that say where the hub and its cache are, for every runner that reads a hub model, and the token that fetches it. */
const hubVariables = ['HF_HOME', 'HF_HUB_CACHE', 'HF_ENDPOINT', 'HF_HUB_OFFLINE', 'HF_TOKEN', 'HF_TOKEN_PATH'];

/**
 * Names of the variables that runners need of the submitting side's environment, as far as they are set there: never values.
 * Keys of judges are for steps that may not be planned yet.
 */
export function neededVariables(
  { steps, plan }: Pick<Prepared, 'steps' | 'plan'>,
  study: Study,
  environment: NodeJS.ProcessEnv,
): readonly string[] {
  const ofSteps = steps.flatMap((step) => [
    ...(programOf(step)?.env ?? []),
    ...(isStepOf(judge, step) && step.hints?.judge !== undefined ? [step.hints.key ?? []].flat() : []),
  ]);
  const deferred = new Set(plan.deferred.map(({ what }) => what.replace(/^metrics\./, '')));
  const ofJudges = study.cells.flatMap(({ workflow }) =>
    [...workflow.metrics.values()].flatMap((metric) =>
      deferred.has(metric.name) && isServerJudged(metric) ? (metric.judge.key ?? []) : [],
    ),
  );
  const ofPrograms = plan.deferred.length === 0 ? [] : programVariables(study);
  const hub = plan.hub.length > 0 ? hubVariables : [];
  const names = new Set(['RUNFLOW_ADAPTER', ...hub, ...ofSteps, ...ofJudges, ...ofPrograms]);
  return [...names].filter((name) => environment[name] !== undefined).sort();
}

function programVariables(study: Study): readonly string[] {
  const found: string[] = [];
  for (const { workflow } of study.cells) {
    JSON.stringify(workflow.document, (key, value: unknown) => {
      if (key === 'env' && Array.isArray(value)) found.push(...value.filter((name) => typeof name === 'string'));
      return value;
    });
  }
  return found;
}
