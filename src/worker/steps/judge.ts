import { type Row, textOf } from '../../data/row.js';
import { Budget, type Ledger, nothingSpent, type Spent } from '../../eval/budget.js';
import type { ResponseJudge } from '../../eval/judge.js';
import { judgeKey, ServerJudge } from '../../eval/openai-judge.js';
import { rulesJudge } from '../../eval/rules-judge.js';
import { VerdictFolder } from '../../eval/verdict-cache.js';
import { encodeCanonical } from '../../formats/canonical.js';
import { digestOf } from '../../formats/digest.js';
import type { JudgeHints, JudgeParams } from '../../steps/judge.js';
import { budgetSpent, budgetTold, budgetWarning } from '../../steps/judge-budget.js';
import type { StepContext } from '../step-context.js';
import { checkReadable, tellInvalid } from './readable-verdicts.js';
import { readResponses } from './responses.js';
import { writeVerdicts } from './verdict-scores.js';

type JudgeContext = StepContext<JudgeParams, JudgeHints>;

export async function runJudge(context: JudgeContext): Promise<void> {
  const params = context.params;
  const { dataset, prompt: column } = params;
  const { rows, responses } = await readResponses(context, dataset);
  const items = responses.map(({ row, where, response }) => ({ prompt: textOf(row, column, where), response, row }));
  const judge = judgeOf(context, rows);
  await tellBudget(context, items.length);
  const cache = 'openai' in params.judge ? new VerdictFolder(await context.memory('verdicts')) : undefined;
  // Rules judge at once; a server may be slow to answer even the first request.
  const tell = (done: number, total: number) => {
    const waits = cache !== undefined && done < total;
    context.progress({ done, total, unit: 'verdicts', ...(waits && { note: 'waiting for the judge' }) });
  };
  tell(0, items.length);
  const verdicts = await judge.verdicts(items, {
    ...(cache && { cache }),
    signal: context.signal,
    notice: (line) => context.log(line),
    progress: tell,
  });
  const scores = verdicts.map(({ score }) => score);
  const said = verdicts.map(({ raw }) => raw);
  if (cache !== undefined) await checkReadable(context, params, scores, said);
  else await tellInvalid(context, digestOf(encodeCanonical(params)), scores, said);
  await writeVerdicts(context, items, verdicts, judge.numbers);
}

/** Says once a run, before anything is paid, that a judge may be asked for more than its budget allows. */
async function tellBudget(context: JudgeContext, items: number): Promise<void> {
  const { hints } = context;
  if (hints.judge === undefined || hints.budget.requests === undefined) return;
  const { judge, responseSets, budget } = hints;
  const warning = budgetWarning({ judge, needed: items * responseSets, allowed: budget.requests! });
  if (warning === undefined) return;
  let told = false;
  await context.changeShared<boolean>(budgetTold(judge), (before) => {
    told = before ?? false;
    return true;
  });
  if (!told) context.warn(warning.message, warning.hint);
}

function judgeOf(context: JudgeContext, rows: readonly Row[]): ResponseJudge {
  const { judge, dataset } = context.params;
  if ('rules' in judge) return rulesJudge(judge.rules, rows, dataset);
  const { hints } = context;
  if (hints.judge === undefined) throw new TypeError('a judge behind a server needs hints: how it is asked');
  const { key, concurrency, attempts, timeoutSeconds, judge: name, budget } = hints;
  const ledger: Ledger = {
    change: (update) => context.changeShared<Spent>(budgetSpent(name), (before) => update(before ?? nothingSpent)),
  };
  return new ServerJudge(judge.openai, {
    ...(key !== undefined && { key: () => judgeKey(key, process.env) }),
    concurrency,
    budget: new Budget(budget, ledger),
    patience: { attempts, timeoutMilliseconds: timeoutSeconds * 1000 },
  });
}
