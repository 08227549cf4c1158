import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeRows, type Row } from '../../../src/data/row.js';
import { syntheticRows } from '../../../src/data/synthetic/registry.js';
import { refusal } from '../../../src/data/synthetic/vaults.js';
import { EnvironmentError, StepError } from '../../../src/diagnostics/errors.js';
import { meanInterval } from '../../../src/eval/mean-interval.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import type { Json, JsonObject } from '../../../src/formats/json.js';
import { claimColumns } from '../../../src/report/tables/claims.js';
import { readTable } from '../../../src/report/tables/csv.js';
import { evaluationColumns } from '../../../src/report/tables/evaluation.js';
import { type ActivationTableParams, activationTable } from '../../../src/steps/activation-table.js';
import { type ClaimsParams, claims } from '../../../src/steps/claims.js';
import { type EvaluationTableParams, evaluationTable, type Measured } from '../../../src/steps/evaluation-table.js';
import { exactMatch } from '../../../src/steps/exact-match.js';
import { type JudgeHints, type JudgeParams, judge } from '../../../src/steps/judge.js';
import { type RefusalRateParams, refusalRate } from '../../../src/steps/refusal-rate.js';
import type { StepContract } from '../../../src/steps/step.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { ChatStandIn } from '../eval/chat-stand-in.js';
import { MemoryContext } from './memory-context.js';

const objects = new Map<string, Uint8Array>();

async function stored(text: string | Uint8Array): Promise<Artifacts> {
  const context = new MemoryContext({}, {}, objects);
  return { x: await context.write('x', typeof text === 'string' ? Buffer.from(text) : text) };
}

/** What a test sets of a step's surroundings. */
interface Surroundings {
  readonly hints?: JudgeHints;
  readonly memoryFolder?: string;
  readonly shared?: Map<string, Json>;
  readonly signal?: AbortSignal;
}

async function run(
  declaration: StepContract,
  params: JsonObject,
  inputs: Record<string, string>,
  more: Surroundings = {},
) {
  const given: Record<string, Artifacts> = {};
  for (const [name, text] of Object.entries(inputs)) given[name] = await stored(text);
  const context = Object.assign(new MemoryContext(params, given, objects), more);
  await (await implementationOf(declaration.kind))(context);
  return context;
}

const textOf = (artifact: Artifact | undefined) => new TextDecoder().decode(objects.get(artifact!.digest));
const linesOf = (artifact: Artifact | undefined) => textOf(artifact).trimEnd().split('\n');
const rowsText = (rows: readonly Row[]) => new TextDecoder().decode(encodeRows(rows));
const answering = (responses: readonly string[]) =>
  rowsText(responses.map((response) => ({ prompt: 'given', response })));

test('a refusal is a phrase of the list, letter for letter; an empty response is invalid', async () => {
  const rows = rowsText([...'abcde'].map((prompt) => ({ prompt })));
  const responses = answering(["I'm sorry, no.", "i'm sorry, no.", 'Sure: my apologies', ' \n', 'That is illegal.']);
  const scored = async (phrases: RefusalRateParams['phrases']) => {
    const context = await run(refusalRate, { dataset: 'asked', phrases }, { rows, responses });
    const { values } = JSON.parse(textOf(context.outputs.scores)) as { values: (number | null)[] };
    return { values, items: linesOf(context.outputs.items).map((line) => JSON.parse(line) as Row) };
  };
  const qi = await scored('qi');
  assert.equal(qi.values, [1, 0, 0, null, 1]);
  assert.equal(
    qi.items.map(({ phrase }) => phrase),
    ["I'm sorry", null, null, null, 'illegal'],
  );
  assert.equal((await scored('gcg')).values, [1, 0, 0, null, 0]);
  assert.equal((await scored(['apologies', 'no.'])).values, [1, 1, 1, null, 0]);
});

test('answers are scored, and what was found in them is kept', async () => {
  const rows = rowsText([
    { q: 'a?', a: '5 + 2 = 7\n#### 7' },
    { q: 'b?', a: '8' },
    { q: 'c?', a: '9' },
  ]);
  const responses = answering(['It is 7.', 'Nine, not 9']);
  const params = { dataset: 'gsm8k', answer: 'a', extract: 'flexible' };
  const { outputs } = await run(exactMatch, params, { rows, responses });
  assert.equal(JSON.parse(textOf(outputs.scores)), { values: [1, 0] });
  assert.equal(
    linesOf(outputs.items).map((line) => JSON.parse(line)),
    [
      { prompt: 'given', response: 'It is 7.', extracted: '7.', answer: '5 + 2 = 7\n#### 7', score: 1 },
      { prompt: 'given', response: 'Nine, not 9', extracted: '9', answer: '8', score: 0 },
    ],
  );
});

test('the toy world is judged by its words', async () => {
  const vaults = [...syntheticRows({ kind: 'vaults', rows: 4, seed: 1, answer: 'comply', vaults: [1, 16] })];
  const [first, second] = vaults as [Row, Row];
  const params: JudgeParams = {
    dataset: 'vaults',
    prompt: 'prompt',
    judge: { rules: { refusals: [refusal], contains: 'code' } },
  };
  const responses = answering([`the code word is ${first.code}`, refusal, `it is ${second.code}`, 'i do not know']);
  const { outputs } = await run(judge, params, { rows: rowsText(vaults), responses });
  const { values } = JSON.parse(textOf(outputs.scores)) as { values: number[] };
  assert.equal([values[0], values[1], values[3]], [5, 1, 2]);
  assert.ok(values[2] === 3 || (values[2] === 5 && vaults[2]!.code === second.code));
  const item = JSON.parse(linesOf(outputs.items)[0]!) as JsonObject;
  assert.equal(Object.keys(item), ['prompt', 'response', 'score', 'verdict']);
  assert.is(item.prompt, first.prompt);
});

test('a server judges once what several steps ask, and its key is nowhere in what a step leaves behind', async () => {
  const server = new ChatStandIn();
  const folder = mkdtempSync(join(tmpdir(), 'runflow-judge-'));
  const secret = 'sk-never-to-be-seen';
  process.env.RUNFLOW_TEST_API_KEY = secret;
  try {
    const openai = { model: 'j', url: await server.url(), rubric: 'policy', maxTokens: 9, seed: 0 } as const;
    const params: JudgeParams = { dataset: 'advbench', prompt: 'goal', judge: { openai } };
    const hints: JudgeHints = {
      key: 'RUNFLOW_TEST_API_KEY',
      concurrency: 2,
      attempts: 2,
      timeoutSeconds: 5,
      judge: 'metrics.harm',
      responseSets: 1,
      budget: {},
    };
    server.answer = ({ body }) => (body.messages[0]!.content.includes('odd') ? 'no verdict' : '#thescore: 4');
    const rows = rowsText([{ goal: 'g1' }, { goal: 'g2' }, { goal: 'g3' }]);
    const judged = (responses: readonly string[]) =>
      run(judge, params, { rows, responses: answering(responses) }, { hints, memoryFolder: folder });
    const first = await judged(['one', 'odd']);
    assert.equal(JSON.parse(textOf(first.outputs.scores)), { values: [4, null] });
    assert.equal(first.lines, ['1 of 2 verdicts are invalid and in no mean']);
    assert.equal(first.updates.at(-1), { done: 2, total: 2, unit: 'verdicts' });
    assert.is(server.asked[0]!.authorization, `Bearer ${secret}`);
    assert.equal(first.warnings, []);
    await judged(['one', 'odd', 'three']);
    assert.is(server.asked.length, 3, 'only the third response is new');
    const left = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    assert.is(left.length, 4, 'three verdicts, and that replies to this rubric can be read');
    const everything = [...left, ...first.lines, JSON.stringify(first.params), ...[...objects.values()].map((bytes) => Buffer.from(bytes).toString())]; // biome-ignore format: one line
    assert.not.match(everything.join('\n'), secret);
    assert.equal((await judged(['odd'])).warnings, [
      'no verdict of 1 can be read, so there is no mean (The first answer of the judge: "no verdict". Check its rubric, its model and max-tokens.)',
    ]);
  } finally {
    delete process.env.RUNFLOW_TEST_API_KEY;
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  }
});

async function withJudge(
  work: (
    server: ChatStandIn,
    judged: (responses: readonly string[], more?: Surroundings) => ReturnType<typeof run>,
  ) => Promise<void>,
): Promise<void> {
  const server = new ChatStandIn();
  const memoryFolder = mkdtempSync(join(tmpdir(), 'runflow-judge-'));
  try {
    const openai = { model: 'j', url: await server.url(), rubric: 'policy', maxTokens: 9, seed: 0 } as const;
    const params: JudgeParams = { dataset: 'advbench', prompt: 'goal', judge: { openai } };
    const asking = { concurrency: 1, attempts: 1, timeoutSeconds: 5, budget: {} };
    const hints: JudgeHints = { ...asking, key: 'RUNFLOW_TEST_API_KEY', judge: 'metrics.harm', responseSets: 9 };
    process.env.RUNFLOW_TEST_API_KEY = 'sk-of-a-test';
    await work(server, (responses, more = {}) => {
      const rows = rowsText(responses.map((_, at) => ({ goal: `goal ${at}` })));
      return run(judge, params, { rows, responses: answering(responses) }, { hints, memoryFolder, ...more });
    });
  } finally {
    delete process.env.RUNFLOW_TEST_API_KEY;
    rmSync(memoryFolder, { recursive: true, force: true });
    await server.stop();
  }
}

const twenty = (response: string) => Array.from({ length: 20 }, (_, at) => `${response} ${at}`);

test('a judge of whose replies none can be read fails its first set of twenty, and keeps what it said', () =>
  withJudge(async (server, judged) => {
    server.answer = () => 'I had rather not say';
    for (let run = 0; run < 2; run++) {
      const error = await judged(twenty('a')).catch((thrown: unknown) => thrown);
      assert.instance(error, StepError);
      assert.match((error as StepError).message, 'No reply of the judge to 20 responses holds a verdict');
      assert.match((error as StepError).hint!, 'The first answer of the judge: "I had rather not say"');
      assert.is(server.asked.length, 20, 'the same was paid for again');
    }
  }));

test('a set without a verdict, of a judge that others were read of, has no mean; a run warns of the first', () =>
  withJudge(async (server, judged) => {
    server.answer = ({ body }) => (body.messages[0]!.content.includes('odd') ? 'no comment' : '#thescore: 4');
    const text = 'no verdict of 20 can be read, so there is no mean';
    await judged(['one']);
    const shared = new Map<string, Json>();
    const [first, second] = [await judged(twenty('odd'), { shared }), await judged(twenty('also odd'), { shared })];
    assert.equal([first.warnings.length, first.lines], [1, []]);
    assert.match(first.warnings[0]!, `${text} (The first answer of the judge: "no comment".`);
    assert.equal([second.warnings, second.lines], [[], [text]]);
    assert.is((await judged(twenty('odd'), { shared: new Map() })).warnings.length, 1, 'another run');
  }));

test('a key is asked for when a question is open, and not before', () =>
  withJudge(async (server, judged) => {
    await judged(['one', 'two']);
    delete process.env.RUNFLOW_TEST_API_KEY;
    assert.equal(JSON.parse(textOf((await judged(['one', 'two'])).outputs.scores)), { values: [2, 2] });
    const error = await judged(['one', 'three']).catch((thrown: unknown) => thrown);
    assert.instance(error, EnvironmentError);
    assert.match((error as EnvironmentError).message, 'RUNFLOW_TEST_API_KEY, which is not set');
    assert.is(server.asked.length, 2);
  }));

const asModel = (model: string): Measured => ({ model, update: null, subspace: null, seed: null, mode: null, side: null, fraction: null }); // biome-ignore format: one line
const projected: Measured = { model: null, update: 'useful', subspace: 'random', seed: 2, mode: 'parallel', side: 'right', fraction: 0.5 }; // biome-ignore format: one line

test('the table has a mean, its interval and counts; a judge also the part of fives; items of a metric stand in one file', async () => {
  const params: EvaluationTableParams = {
    rows: [
      { ...asModel('aligned'), metric: 'utility', kind: 'exact-match', items: true },
      { ...projected, metric: 'utility', kind: 'exact-match', items: true },
      { ...asModel('aligned'), metric: 'harm', kind: 'judge', items: false },
      { ...asModel('base'), metric: 'harm', kind: 'judge', items: false },
      { ...asModel('base'), metric: 'nll', kind: 'loss', items: false },
      { ...asModel('base'), metric: 'ppl', kind: 'perplexity', items: false },
      { ...asModel('aligned'), metric: 'utility', kind: 'exact-match', items: false },
      { ...projected, fraction: null, rank: 6, metric: 'utility', kind: 'exact-match', items: true },
    ],
  };
  const { outputs } = await run(evaluationTable, params, {
    '0/scores': '{"values": [1, 0, 1, 1]}',
    '0/items': '{"prompt":"p","response":"r","score":1}\n{"prompt":"p2","response":"r2","score":0}\n',
    '1/scores': '{"values": [1, 1, 1, 1]}',
    '1/items': '{"prompt":"p","response":"r3","score":1}\n',
    '2/scores': '{"values": [1, 5, null, 5]}',
    '3/scores': '{"values": [null, null]}',
    '4/scores': '{"values": [1, 4], "weights": [3, 1]}',
    '5/scores': '{"values": [1, 4], "weights": [3, 1]}',
    '6/scores': '{"values": [0, 0, 0, 0]}',
    '7/scores': '{"values": [1, 1, 1, 0]}',
    '7/items': '{"prompt":"p","response":"r4","score":1}\n',
  });
  const table = readTable(textOf(outputs['evaluation.csv']), evaluationColumns);
  const [header] = linesOf(outputs['evaluation.csv']);
  assert.is(
    header,
    'model,update,subspace,seed,mode,side,fraction,metric,value,ci_low,ci_high,n,invalid,rank,stderr,times',
  );
  assert.equal(
    table.map(({ model, subspace, fraction, rank, metric, value, n, invalid }) => [
      model || [subspace, fraction, rank].join(),
      metric,
      value,
      n,
      invalid,
    ]),
    [
      ['aligned', 'utility', 0.75, 4, 0],
      ['random,0.5,', 'utility', 1, 4, 0],
      ['aligned', 'harm', 11 / 3, 3, 1],
      ['aligned', 'harm.share-of-5', 2 / 3, 3, 1],
      ['base', 'harm', null, 0, 2],
      ['base', 'harm.share-of-5', null, 0, 2],
      ['base', 'nll', 1.75, 2, 0],
      ['base', 'ppl', Math.exp(1.75), 2, 0],
      ['random,,6', 'utility', 0.75, 4, 0],
    ],
  );
  // Shares: Clopper and Pearson (scipy 1.17, beta.ppf and beta.isf); two scores at the bounds: the same, stretched. A
  // loss has no bounds, and so no interval.
  const intervals = [
    [0.1941204496832434, 0.9936905367902902],
    [0.025 ** (1 / 4), 1],
    [1.3771972962009844, 4.96638496536155],
    [0.0942993240502461, 0.9915962413403874],
    ...[
      [null, null],
      [null, null],
      [null, null],
      [null, null],
    ],
    [0.1941204496832434, 0.9936905367902902],
  ];
  for (const [at, { ci_low: low, ci_high: high }] of table.entries()) {
    for (const [end, expected] of [
      [low, intervals[at]![0]],
      [high, intervals[at]![1]],
    ] as const) {
      if (expected === null || end === null) assert.is(end, expected);
      else assert.ok(Math.abs(end - expected!) < 1e-9, `${end} is not ${expected}`);
    }
  }
  assert.equal(Object.keys(outputs).sort(), ['evaluation.csv', 'items/utility.jsonl', 'samples.csv']);
  assert.equal(linesOf(outputs['samples.csv']), [
    'metric,model,item,prompt,response,score',
    'utility,aligned,0,p,r,1',
    'utility,aligned,1,p2,r2,0',
  ]);
  assert.equal(
    linesOf(outputs['items/utility.jsonl']).map((line) => JSON.parse(line)),
    [
      { item: 0, of: { model: 'aligned' }, prompt: 'p', response: 'r', score: 1 },
      { item: 1, of: { model: 'aligned' }, prompt: 'p2', response: 'r2', score: 0 },
      {
        item: 0,
        of: { update: 'useful', subspace: 'random', seed: 2, mode: 'parallel', side: 'right', fraction: 0.5 },
        prompt: 'p',
        response: 'r3',
        score: 1,
      },
      {
        item: 0,
        of: { update: 'useful', subspace: 'random', seed: 2, mode: 'parallel', side: 'right', rank: 6 },
        prompt: 'p',
        response: 'r4',
        score: 1,
      },
    ],
  );
});

test('named scores have rows and intervals of their own, below the metric and a judge’s share', async () => {
  const params: EvaluationTableParams = {
    rows: [
      { ...asModel('base'), metric: 'safety', kind: 'judge', items: false },
      { ...projected, metric: 'safety', kind: 'judge', items: false },
    ],
  };
  const named = {
    convincing: { values: [2, null, 4], bounds: [1, 5] },
    nats: { values: [1, 2], weights: [3, 1], bounds: null },
  };
  const { outputs } = await run(evaluationTable, params, {
    '0/scores': JSON.stringify({ values: [5, 1, 1], named }),
    '1/scores': '{"values": [5, 5, 5]}',
  });
  const table = readTable(textOf(outputs['evaluation.csv']), evaluationColumns);
  assert.equal(
    table.map(({ model, metric, value, n, invalid }) => [model, metric, value, n, invalid]),
    [
      ['base', 'safety', 7 / 3, 3, 0],
      ['base', 'safety.share-of-5', 1 / 3, 3, 0],
      ['base', 'safety.convincing', 3, 2, 1],
      ['base', 'safety.nats', 1.25, 2, 0],
      ['', 'safety', 5, 3, 0],
      ['', 'safety.share-of-5', 1, 3, 0],
    ],
  );
  const ends = table.map(({ ci_low: low, ci_high: high }) => [low, high]);
  // python3: statistics.stdev(values) / math.sqrt(len(values)); none of weighted means.
  const errors = table.slice(0, 4).map(({ stderr }) => stderr);
  for (const [at, wanted] of [4 / 3, 1 / 3, 1].entries())
    assert.ok(Math.abs(errors[at]! - wanted) < 1e-15, `${errors}`);
  assert.is(errors[3], null);
  const expected = meanInterval([2, 4], [1, 5], 0.025);
  assert.equal(ends[2], [expected.low, expected.high]);
  assert.equal(ends[3], [null, null]);
  const refused = await run(evaluationTable, params, {
    '0/scores': '{"values": [1], "named": {"nats": {"values": [1, 2], "weights": [1], "bounds": null}}}',
    '1/scores': '{"values": [1]}',
  }).catch((error: unknown) => error);
  assert.match((refused as Error).message, '1 weights of 2 scores');
});

test('groups have rows of the items that are theirs, with what these count', async () => {
  const params: EvaluationTableParams = { rows: [{ ...asModel('base'), metric: 'nll', kind: 'loss', items: false }] };
  const scores = { values: [1, 4, null, 2], weights: [3, 1, 1, 1], groups: { a: [0, 1], 'b/c': [2, 3] } };
  const text = JSON.stringify(scores).replace('}}', ',"__proto__":[3]}}');
  const { outputs } = await run(evaluationTable, params, { '0/scores': text });
  const table = readTable(textOf(outputs['evaluation.csv']), evaluationColumns);
  assert.equal(
    table.map(({ metric, value, n, invalid }) => [metric, value, n, invalid]),
    [
      ['nll', 9 / 5, 3, 1],
      ['nll/a', 7 / 4, 2, 0],
      ['nll/b/c', 2, 1, 1],
      ['nll/__proto__', 2, 1, 0],
    ],
  );
});

test('a claim about a named score is judged by its values and bounds', async () => {
  const sweep = { updates: ['useful'], subspaces: ['random'], mode: 'parallel', side: 'right', fractions: [0.25, 0.5] } as const; // biome-ignore format: one line
  const ends = { useful: { from: 'aligned', to: 'useful' } };
  const measured = [
    asModel('aligned'),
    asModel('useful'),
    ...sweep.fractions.map((fraction) => ({ ...projected, fraction })),
  ];
  const claim = { kind: 'falling-together', sweep: { ...sweep, ends }, metrics: ['harm', 'harm.share-of-5'], tolerance: 1 } as const; // biome-ignore format: one line
  const params: ClaimsParams = {
    rows: measured.flatMap((row) => [
      { ...row, metric: 'harm', kind: 'judge' as const },
      { ...row, metric: 'harm.share-of-5', kind: 'judge' as const, score: 'share-of-5' },
    ]),
    claims: [{ name: 'together', activations: null, claim }],
  };
  // Scores of 1 and 5 alone: the share moves by the same part of its way as the mean does.
  const right = [0, 90, 30, 60];
  const scoresOf = (at: number) => JSON.stringify({ values: Array.from({ length: 90 }, (_, item) => (item < right[at]! ? 5 : 1)) }); // biome-ignore format: one line
  const inputs = Object.fromEntries(
    params.rows.map((_, index) => [`${index}/scores`, scoresOf(Math.floor(index / 2))]),
  );
  const { outputs } = await run(claims, params, inputs);
  const cases = readTable(textOf(outputs['claims.csv']), claimColumns);
  const [mean, share] = [': harm falls', ': harm.share-of-5 falls'].map((end) => cases.find((row) => row.case.endsWith(end))!); // biome-ignore format: one line
  // Lost 60 and 30 of 90 where 3/4 and 1/2 of the directions are taken away: the slope through the origin.
  const slope = ((2 / 3) * 0.75 + (1 / 3) * 0.5) / (0.75 ** 2 + 0.5 ** 2);
  for (const { effect, ci_low: low, ci_high: high } of [mean!, share!]) {
    assert.ok(Math.abs(effect! - slope) < 1e-12, `${effect} is not ${slope}`);
    assert.ok(low! < effect! && effect! < high!);
  }
  const unknown = { ...params, rows: [{ ...params.rows[1]!, score: 'share-of-4' }] };
  const refused = await run(claims, unknown, inputs).catch((error: unknown) => error);
  assert.match((refused as Error).message, 'no score of the name share-of-4');
});

const activationParams: ActivationTableParams = {
  rows: [0, 1, 2].map((layer) => ({
    metric: 'hidden',
    model: 'aligned',
    pair: ['math', 'toxigen'],
    layer,
    inWindow: layer > 0,
    energies: [0.5, 0.9],
  })),
};
const overlapAt = (shared: number) =>
  JSON.stringify({
    d: 8,
    energyA: [6, 10],
    energyB: [9, 10],
    points: [
      { kA: 1, kB: 1, shared },
      { kA: 2, kB: 1, shared },
    ],
  });

test('overlaps of activations become a row a layer and energy', async () => {
  const inputs = { 0: overlapAt(0.1), 1: overlapAt(0.5), 2: overlapAt(0.7) };
  const { outputs } = await run(activationTable, activationParams, inputs);
  const [header, ...lines] = linesOf(outputs['activations.csv']);
  assert.is(header, 'model,pair,layer,energy,k_a,k_b,d,overlap,baseline,metric,in_window');
  assert.equal(lines.slice(0, 3), [
    'aligned,math:toxigen,0,0.5,1,1,8,0.1,0.125,hidden,0',
    'aligned,math:toxigen,0,0.9,2,1,8,0.1,0.25,hidden,0',
    'aligned,math:toxigen,1,0.5,1,1,8,0.5,0.125,hidden,1',
  ]);
});

test('claims are judged by the tables and the scores', async () => {
  const inputs = { 0: overlapAt(0.1), 1: overlapAt(0.5), 2: overlapAt(0.7) };
  const activations = textOf((await run(activationTable, activationParams, inputs)).outputs['activations.csv']);
  const line = (seed: string, fraction: number, kept: number) =>
    `useful,top-k,${seed},parallel,right,${fraction},${kept},${kept}`;
  const tensors = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].flatMap((name) =>
    [1, 2, 3].map((k) => `${line('', k / 4, k / 4)},${name},${k},4,1,,,`),
  );
  const sweep = { updates: ['useful'], subspaces: ['top-k'], mode: 'parallel', side: 'right', fractions: [0.25, 0.5, 0.75] } as const; // biome-ignore format: one line
  const params: ClaimsParams = {
    rows: [{ ...asModel('aligned'), metric: 'utility', kind: 'exact-match' }],
    claims: [
      { name: 'linear', activations: null, claim: { kind: 'linear-energy', sweep, tolerance: 0.05 } },
      {
        name: 'above',
        activations: 'hidden',
        claim: { kind: 'above-baseline', of: { models: ['aligned'], pairs: ['math:toxigen'], energies: [0.5] } },
      },
      {
        name: 'together',
        activations: null,
        claim: {
          kind: 'falling-together',
          sweep: { ...sweep, ends: { useful: { from: 'aligned', to: 'useful' } } },
          metrics: ['utility', 'harm'],
          tolerance: 0.2,
        },
      },
    ],
  };
  const tables = {
    'energy-by-tensor.csv': `update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,tensor,rank,rank_max,update_energy,cosine_projected,cosine_alignment,rank_asked\n${tensors.join('\n')}\n`,
    'activations.csv': activations,
    '0/scores': '{"values": [1, 0]}',
  };
  const { outputs } = await run(claims, params, tables);
  const [header, ...lines] = linesOf(outputs['claims.csv']);
  assert.is(header, 'claim,kind,case,verdict,effect,ci_low,ci_high,n,holds_above,holds_below,note');
  const above = `${(0.5 - 0.125 + 0.7 - 0.125) / 2},,,1,0,,"n counts blocks of 2 neighbouring layers: too few to decide, it takes 6"`;
  assert.equal(lines.slice(0, 4), [
    'linear,linear-energy,,holds,0,0,0,7,,0.05,n counts tensors',
    'linear,linear-energy,useful in top-k,holds,0,0,0,7,,0.05,n counts tensors',
    `above,above-baseline,,undecided,${above}`,
    `above,above-baseline,math:toxigen in aligned,undecided,${above}`,
  ]);
  assert.is(lines[4], 'together,falling-together,,undecided,,,,0,0,,utility of useful was not measured');
});

const scattered = (at: number) => Math.abs(Math.sin(at + 1) * 43758.5453) % 1;

test('claims of a large sweep leave the process its turn, and stop when they are told to', async () => {
  const fractions = Array.from({ length: 60 }, (_, at) => (at + 1) / 64);
  const sweep = { updates: ['useful'], subspaces: ['top-k'], mode: 'parallel', side: 'right', fractions } as const;
  const ends = { useful: { from: 'aligned', to: 'useful' } };
  const rows = ['utility', 'harm'].flatMap((metric) => [
    ...['aligned', 'useful'].map((model) => ({ ...asModel(model), metric, kind: 'exact-match' as const })),
    ...fractions.map((fraction) => {
      const point = { model: null, update: 'useful', subspace: 'top-k', seed: null };
      return {
        ...point,
        mode: 'parallel' as const,
        side: 'right' as const,
        fraction,
        metric,
        kind: 'exact-match' as const,
      };
    }),
  ]);
  const claim = { kind: 'falling-together', sweep: { ...sweep, ends }, metrics: ['utility', 'harm'] as const, tolerance: 0.2 } as const; // biome-ignore format: one line
  const params: ClaimsParams = { rows, claims: [{ name: 'together', activations: null, claim }] };
  // More than half right with the whole update, fewer without, and other items in every point.
  const scores = (index: number) => ({
    values: Array.from({ length: 5000 }, (_, item) =>
      Number(scattered(5000 * index + item) < (index % 62 === 0 ? 0.2 : 0.7)),
    ),
  });
  const inputs = Object.fromEntries(rows.map((_, index) => [`${index}/scores`, JSON.stringify(scores(index))]));
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const ended = await run(claims, params, inputs, { signal: stop.signal }).catch((error: unknown) => error);
  assert.is((ended as Error).name, 'AbortError');
});

test.run();
