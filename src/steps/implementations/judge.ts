import { type Row, textOf } from '../../data/row.js';
import { Budget, type Ledger, nothingSpent, type Spent } from '../../eval/budget.js';
import type { Judge } from '../../eval/judge.js';
import { judgeKey, OpenAiJudge } from '../../eval/openai-judge.js';
import { rulesJudge } from '../../eval/rules-judge.js';
import { VerdictFolder } from '../../eval/verdict-cache.js';
import type { JudgeHints, JudgeParams } from '../eval-params.js';
import { budgetSpent, budgetTold, budgetWarning } from '../judge-budget.js';
import type { StepContext } from '../step.js';
import { readResponses, tellInvalid, writeScores } from './responses.js';

export async function runJudge(context: StepContext): Promise<void> {
  const params = context.params as JudgeParams;
  const { dataset, prompt: column } = params;
  const { rows, responses } = await readResponses(context, dataset);
  const items = responses.map(({ row, where, response }) => ({ prompt: textOf(row, column, where), response, row }));
  const judge = judgeOf(context, rows);
  await tellBudget(context, items.length);
  const cache = 'openai' in params.judge ? new VerdictFolder(await context.memory('verdicts')) : undefined;
  const verdicts = await judge.verdicts(items, {
    ...(cache && { cache }),
    signal: context.signal,
    notice: (line) => context.log(line),
    progress: (done, total) => context.progress({ done, total, unit: 'verdicts' }),
  });
  const scores = verdicts.map(({ score }) => score);
  tellInvalid(
    context,
    scores,
    verdicts.map(({ raw }) => raw),
  );
  const judged = items.map(({ prompt, response }, at) => {
    const { score, raw } = verdicts[at]!;
    return { prompt, response, score, verdict: raw };
  });
  await writeScores(context, scores, judged);
}

/** Says once a run, before anything is paid, that a judge may be asked for more than its budget allows. */
async function tellBudget(context: StepContext, items: number): Promise<void> {
  const { judge, responseSets, budget } = context.hints as Partial<JudgeHints>;
  if (judge === undefined || responseSets === undefined || budget?.requests === undefined) return;
  const warning = budgetWarning({ judge, needed: items * responseSets, allowed: budget.requests });
  if (warning === undefined) return;
  let told = false;
  await context.changeShared<boolean>(budgetTold(judge), (before) => {
    told = before ?? false;
    return true;
  });
  if (!told) context.warn(warning.message, warning.hint);
}

function judgeOf(context: StepContext, rows: readonly Row[]): Judge {
  const { judge, dataset } = context.params as JudgeParams;
  if ('rules' in judge) return rulesJudge(judge.rules, rows, dataset);
  const { key, concurrency, attempts, timeoutSeconds, judge: name, budget } = context.hints as JudgeHints;
  const ledger: Ledger = {
    change: (update) => context.changeShared<Spent>(budgetSpent(name), (before) => update(before ?? nothingSpent)),
  };
  return new OpenAiJudge(judge.openai, {
    ...(key !== undefined && { key: judgeKey(key, process.env) }),
    concurrency,
    budget: new Budget(budget, ledger),
    patience: { attempts, timeoutMilliseconds: timeoutSeconds * 1000 },
  });
}
