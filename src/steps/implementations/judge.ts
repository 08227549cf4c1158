import { type Row, textOf } from '../../data/row.js';
import { Budget } from '../../eval/budget.js';
import type { Judge } from '../../eval/judge.js';
import { judgeKey, OpenAiJudge } from '../../eval/openai-judge.js';
import { rulesJudge } from '../../eval/rules-judge.js';
import { VerdictFolder } from '../../eval/verdict-cache.js';
import type { JudgeHints, JudgeParams } from '../eval-params.js';
import type { StepContext } from '../step.js';
import { readResponses, tellInvalid, writeScores } from './responses.js';

export async function runJudge(context: StepContext): Promise<void> {
  const params = context.params as JudgeParams;
  const { dataset, prompt: column } = params;
  const { rows, responses } = await readResponses(context, dataset);
  const items = responses.map(({ row, where, response }) => ({ prompt: textOf(row, column, where), response, row }));
  const judge = judgeOf(context, rows);
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

function judgeOf(context: StepContext, rows: readonly Row[]): Judge {
  const { judge, dataset } = context.params as JudgeParams;
  if ('rules' in judge) return rulesJudge(judge.rules, rows, dataset);
  const { key, concurrency, attempts, timeoutSeconds, budget } = context.hints as JudgeHints;
  return new OpenAiJudge(judge.openai, {
    ...(key !== undefined && { key: judgeKey(key, process.env) }),
    concurrency,
    budget: new Budget(budget),
    patience: { attempts, timeoutMilliseconds: timeoutSeconds * 1000 },
  });
}
