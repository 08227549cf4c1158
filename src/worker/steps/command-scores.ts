import { decodeRows, encodeRows, textOf } from '../../data/row.js';
import type { JsonObject } from '../../formats/json.js';
import type { CommandScoresParams } from '../../steps/command-scores.js';
import type { ProgramHints } from '../../steps/program.js';
import type { NamedScores, Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';
import { writeModelFolder } from './model-folder.js';
import { ProgramStep } from './program-step.js';
import { readResponses } from './responses.js';
import { readScoreLines, type ScoreLine } from './score-lines.js';

type Context = StepContext<CommandScoresParams, ProgramHints>;

/** The file of a program's scores, below outputs/. */
const scoresFile = 'scores.jsonl';

/** Lets a program of the user's score one model, or its responses. */
export async function scoreByProgram(context: Context): Promise<void> {
  const { scores: names, bounds = null } = context.params;
  const responses = context.has('responses') ? await responsesGiven(context) : undefined;
  const rows = context.params.rows === undefined ? undefined : await rowsGiven(context);
  let lines: readonly ScoreLine[] = [];
  await ProgramStep.run(
    context,
    async (step) => {
      step.returns({ kind: 'scores', file: scoresFile, own: names[0] });
      const { model } = context.params;
      if (model !== undefined) await writeModelFolder(context, step.inputFolder('model'), model);
      if (rows !== undefined) await step.give('rows.jsonl', encodeRows(rows));
      if (responses !== undefined) await step.give('responses.jsonl', encodeRows(responses));
    },
    async (step) => {
      const expected = (responses ?? rows)?.length;
      lines = await readScoreLines(step, scoresFile, { names, bounds, ...(expected !== undefined && { expected }) });
    },
  );
  await context.write('scores', new TextEncoder().encode(JSON.stringify(scoresOf(lines, context.params))));
  if (responses === undefined) return;
  const [own] = names;
  const items = responses.map(({ given, response }, at): JsonObject => {
    const { scores, more } = lines[at]!;
    const said = { ...(names.length > 1 && { scores }), ...(Object.keys(more).length > 0 && { said: more }) };
    return { prompt: given, response, score: scores[own]!, ...said };
  });
  await context.write('items', encodeRows(items));
}

type GivenResponse = { readonly prompt: string; readonly given: string; readonly response: string } & JsonObject;

async function responsesGiven(context: Context): Promise<GivenResponse[]> {
  const column = context.params.prompt!;
  const { responses } = await readResponses(context, 'the dataset');
  return responses.map(({ row, where, given, response }, item) => ({
    item,
    prompt: textOf(row, column, where),
    given,
    response,
    row,
  }));
}

async function rowsGiven(context: Context): Promise<JsonObject[]> {
  const { limit } = context.params.rows!;
  return decodeRows(await context.read(context.input('rows'))).slice(0, limit ?? undefined);
}

function scoresOf(lines: readonly ScoreLine[], { scores: [own, ...further], bounds }: CommandScoresParams): Scores {
  const valuesOf = (name: string) => lines.map(({ scores }) => scores[name]!);
  const named = further.map((name): [string, NamedScores] => [
    name,
    { values: valuesOf(name), bounds: bounds ?? null },
  ]);
  return {
    values: valuesOf(own),
    ...(bounds !== undefined && { bounds }),
    ...(further.length > 0 && { named: Object.fromEntries(named) }),
  };
}
