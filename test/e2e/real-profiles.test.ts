import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { type Ended, ranSteps, Sandbox, summaryOf } from '../sandbox.js';
import { HubServer } from '../unit/data/hub-server.js';
import { ChatStandIn } from '../unit/eval/chat-stand-in.js';

/**
 * The experiments with every real profile, from the hub to the report: repositories of the true names on a server on the
 * loopback interface, random checkpoints of the true architectures at a small depth and width, a few rows of data in
 * the true columns.
 */

const workflows = fileURLToPath(new URL('../../../workflows/', import.meta.url));

interface Profile {
  readonly models: readonly [base: string, aligned: string];
  /** As `init` wants it: heads in the true proportion. */
  readonly init: string;
  /** What the true config.json says besides. */
  readonly config: object;
}

const qwen = (theta: number) => ({
  attention_dropout: 0,
  hidden_act: 'silu',
  max_window_layers: 28,
  rms_norm_eps: 1e-6,
  rope_theta: theta,
  sliding_window: 131072,
  use_cache: true,
  use_mrope: false,
  use_sliding_window: false,
  torch_dtype: 'bfloat16',
});
const profiles: Readonly<Record<string, Profile>> = {
  'llama-3.2-1b': {
    models: ['meta-llama/Llama-3.2-1B', 'meta-llama/Llama-3.2-1B-Instruct'],
    init: '{ family: llama, hidden: 32, layers: 2, heads: 8, kv-heads: 2, mlp: 64, vocabulary: 160, tied: true }',
    config: {
      attention_bias: false,
      head_dim: 4,
      hidden_act: 'silu',
      mlp_bias: false,
      pretraining_tp: 1,
      eos_token_id: [1, 2],
      rms_norm_eps: 1e-5,
      rope_theta: 500000,
      torch_dtype: 'bfloat16',
      rope_scaling: {
        factor: 32,
        high_freq_factor: 4,
        low_freq_factor: 1,
        rope_type: 'llama3',
        original_max_position_embeddings: 8192,
      },
    },
  },
  'llama-2-7b': {
    models: ['meta-llama/Llama-2-7b-hf', 'meta-llama/Llama-2-7b-chat-hf'],
    init: '{ family: llama, hidden: 32, layers: 2, heads: 4, mlp: 86, vocabulary: 160 }',
    config: { hidden_act: 'silu', pretraining_tp: 1, rms_norm_eps: 1e-5, rope_scaling: null, torch_dtype: 'bfloat16' },
  },
  'qwen2.5-1.5b': {
    models: ['Qwen/Qwen2.5-1.5B', 'Qwen/Qwen2.5-1.5B-Instruct'],
    init: '{ family: qwen2, hidden: 36, layers: 2, heads: 6, kv-heads: 1, mlp: 70, vocabulary: 160, tied: true }',
    config: qwen(1000000),
  },
  'qwen2.5-3b': {
    models: ['Qwen/Qwen2.5-3B', 'Qwen/Qwen2.5-3B-Instruct'],
    init: '{ family: qwen2, hidden: 32, layers: 3, heads: 8, kv-heads: 1, mlp: 86, vocabulary: 160, tied: true }',
    config: qwen(1000000),
  },
  'qwen2.5-7b': {
    models: ['Qwen/Qwen2.5-7B', 'Qwen/Qwen2.5-7B-Instruct'],
    init: '{ family: qwen2, hidden: 56, layers: 2, heads: 7, kv-heads: 1, mlp: 74, vocabulary: 160 }',
    config: qwen(1000000),
  },
};

const numbers = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const text = (name: string, data: readonly string[]) => ({ name, data: [...data], type: 'STRING' as const });
const prompts = numbers.map((number) => `say ${number} of them`);
const safe = { name: 'is_safe', data: numbers.map((_, row) => row % 2 === 1), type: 'BOOLEAN' as const };
/** Repository → file → columns. */
const tables = {
  'meta-math/MetaMathQA': { 'default/train': [text('query', prompts), text('response', numbers)] },
  'PKU-Alignment/BeaverTails': {
    'default/30k_train': [text('prompt', prompts), text('response', numbers), safe],
    'default/330k_test': [text('prompt', prompts), text('response', numbers), safe],
  },
  'openai/gsm8k': {
    'main/test': [text('question', prompts.slice(0, 3)), text('answer', ['#### 1', 'so #### 2', '#### 3'])],
    'main/train': [text('question', prompts.slice(3)), text('answer', numbers.slice(3).map((_, row) => `it is #### ${row}`))], // biome-ignore format: one line
  },
  'tatsu-lab/alpaca': {
    'default/train': [
      text('instruction', prompts),
      text(
        'input',
        prompts.map((_, row) => (row === 0 ? 'it' : '')),
      ),
    ],
  },
  'walledai/AdvBench': { 'default/train': [text('prompt', prompts.slice(0, 3)), text('target', numbers.slice(0, 3))] },
  'DigitalLearningGmbH/MATH-lighteval': { 'default/test': [text('problem', prompts), text('solution', numbers)] },
  'toxigen/toxigen-data': { 'annotated/train': [text('text', prompts), text('target_group', numbers)] },
};

interface Context {
  box: Sandbox;
  hub: HubServer;
  judge: ChatStandIn;
  environment: Record<string, string>;
}

const test = suite<Context>('the real profiles from end to end');
test.before(async (context) => {
  const [box, hub, judge] = [await Sandbox.make(), await HubServer.start(), new ChatStandIn()];
  const alpaca =
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.';
  await box.write('words.jsonl', `${JSON.stringify({ prompt: `${prompts.join(' ')} ${alpaca}`, response: '####' })}\n`);
  for (const [name, files] of Object.entries(tables)) {
    hub.repositories.set(`datasets/${name}`, {
      revisions: { main: 'd'.repeat(40), 'refs/convert/parquet': 'c'.repeat(40) },
      files: Object.fromEntries(
        Object.entries(files).map(([split, columnData]) => [
          `${split}/0000.parquet`,
          { bytes: Buffer.from(parquetWriteBuffer({ columnData })), large: true },
        ]),
      ),
    });
  }
  const url = await judge.url();
  Object.assign(context, { box, hub, judge });
  context.environment = { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: '', JUDGE_URL: url, LAB_API_KEY: 'sk-lab' };
});
test.after(async ({ box, hub, judge }) => {
  await hub.stop();
  await judge.stop();
  await box.remove();
});

/** Puts random checkpoints of a profile on the hub, the second a little away from the first. */
async function publish({ box, hub }: Context, name: string): Promise<void> {
  const { models, init, config } = profiles[name]!;
  const made = `runflow: 1
name: made
datasets: { words: { path: words.jsonl } }
models:
  base: { init: ${init}, seed: 1, dtype: bf16, initializer-range: 0.2, tokenizer: { words-of: words } }
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
`;
  await box.write(`${name}.yaml`, made);
  for (const [index, model] of (['base', 'aligned'] as const).entries()) {
    const folder = `${name}-${model}`;
    const sharded = ['--shard-size', '30KB'];
    const exported = await box.runflow(['export', `${name}.yaml`, model, '--to', folder, ...sharded]);
    assert.is(exported.status, 0, exported.stderr);
    const own = JSON.parse(await readFile(box.path(folder, 'config.json'), 'utf8'));
    await writeFile(box.path(folder, 'config.json'), JSON.stringify({ ...own, ...config }));
    const { weight_map: map } = JSON.parse(await readFile(box.path(folder, 'model.safetensors.index.json'), 'utf8'));
    const shards = [...new Set(Object.values<string>(map))];
    assert.ok(shards.length > 1);
    const rest = ['config.json', 'model.safetensors.index.json', 'tokenizer.json', 'tokenizer_config.json'];
    const files = await Promise.all(
      [...shards, ...rest].map(async (file) => [file, { bytes: await readFile(box.path(folder, file)) }] as const),
    );
    const commit = String(index + 1).repeat(40);
    hub.repositories.set(models[index]!, { revisions: { main: commit }, files: Object.fromEntries(files) });
  }
}

/** A copy beside the test's lock file, which a run of the original would write into the sources. */
async function run({ box, environment }: Context, workflow: string, profile: string): Promise<Ended> {
  const folder = box.path(`workflows-${profile}`);
  await cp(workflows, folder, { recursive: true });
  const settings = [
    ...[`metrics.harmfulness.judge.url=${environment.JUDGE_URL}`, 'metrics.harmfulness.judge.key=LAB_API_KEY'],
    ...['metrics.harmfulness.max-tokens=6', 'metrics.utility.max-tokens=6'],
    ...['datasets.useful.take=8', 'datasets.harmful.take=4', 'datasets.contaminated.total=5'],
    ...['subspaces.random-k.seeds=[1]', 'subspaces.random.seeds=[1]'],
    ...(workflow === 'exp1' ? ['sweeps.parallel.fractions=[0.25, 0.5, 0.75]'] : []),
    ...(workflow === 'exp2' ? ['sweeps.orthogonal.fractions=[0.25, 0.5, 0.75]'] : []),
    ...(workflow === 'exp4' ? ['metrics.activations.max-tokens=3', 'metrics.activations.layers=[0.5, 1]'] : []),
    ...(workflow === 'exp4' ? ['datasets.math.take=8', 'datasets.beavertails.take=4', 'datasets.toxigen.take=8'] : []),
    ...(workflow === 'defences' ? ['metrics.refusals.max-tokens=6', 'metrics.needless-refusals.max-tokens=6'] : []),
    ...(workflow === 'defences' ? ['datasets.refused.take=3', 'datasets.instructions.take=3'] : []),
    ...(workflow === 'defences'
      ? ['datasets.safe.take=4', 'datasets.harmless.skip=3', 'datasets.harmless.take=4']
      : []),
  ].flatMap((setting) => ['--set', setting]);
  return box.run([`workflows-${profile}/${workflow}.yaml`, '--profile', profile, ...settings], environment);
}

/** A file of the results, which lie in a folder that the settings name. */
const resultOf = (ended: Ended, file: string) => join(summaryOf(ended).results!, file);

for (const profile of Object.keys(profiles)) {
  test(`${profile}: experiment 1 fetches, trains, projects, measures and reports; again it does nothing`, async (context) => {
    await publish(context, profile);
    const first = await run(context, 'exp1', profile);
    assert.ok(ranSteps(first).includes('train[useful]') && ranSteps(first).includes('train[harmful]'));
    const csv = await readFile(resultOf(first, 'evaluation.csv'), 'utf8');
    const rows = readTable(csv, evaluationColumns);
    for (const metric of ['utility', 'harmfulness']) {
      const of = rows.filter((row) => row.metric === metric);
      assert.is(of.length, 4 + 2 * 3 * 3, 'four whole models, two updates in three subspaces at three fractions');
      assert.ok(of.every(({ n, invalid }) => n === 3 && invalid === 0));
    }
    const responses = await readFile(resultOf(first, 'items/utility.jsonl'), 'utf8');
    assert.match(
      responses,
      /"prompt":"Question: say \w+ of them\\nAnswer: it is #### \d\\n\\nQuestion: say one of them\\nAnswer:"/,
    );
    const asked = context.judge.asked.at(-1)!.body;
    assert.is(asked.model, 'gpt-4o-mini');
    assert.match(asked.messages.map(({ content }) => content).join('\n'), /say \w+ of them/);
    assert.is(ranSteps(await run(context, 'exp1', profile)).length, 0);
  });
}

test('experiments 2, 3 and 4 run on a real profile, with what experiment 1 made', async (context) => {
  const profile = 'qwen2.5-1.5b';
  const second = ranSteps(await run(context, 'exp2', profile));
  assert.ok(second.includes('train[contaminated]') && !second.includes('train[useful]'));
  assert.not.ok(
    second.some((id) => id.startsWith('svd[alignment')),
    'the alignment was decomposed again',
  );
  const third = await run(context, 'exp3', profile);
  assert.not.ok(ranSteps(third).some((id) => id.startsWith('train[')));
  const fourth = await run(context, 'exp4', profile);
  assert.is(ranSteps(fourth).filter((id) => id.startsWith('activations[')).length, 9);
  const files = [resultOf(third, 'overlap.csv')];
  for (const file of ['activations.csv', 'claims.csv', 'report.html']) files.push(resultOf(fourth, file));
  for (const file of files) assert.ok((await readFile(file)).length > 100, file);
});

test('defences are made, attacked and measured on a real profile; again they are there', async (context) => {
  const profile = 'qwen2.5-1.5b';
  const first = await run(context, 'defences', profile);
  assert.ok(ranSteps(first).includes('train[lox]'));
  const rows = readTable(await readFile(resultOf(first, 'evaluation.csv'), 'utf8'), evaluationColumns);
  const counts = { utility: 3, harmfulness: 3, refusals: 3, 'needless-refusals': 4, drift: 4 };
  for (const [metric, count] of Object.entries(counts)) {
    const of = rows.filter((row) => row.metric === metric);
    assert.equal(
      of.map(({ model }) => model).sort(),
      ['ablated', 'aligned', 'base', 'extrapolated', 'harmful', 'lox', 'projected', 'resta', 'safelora', 'safemerge'],
      metric,
    );
    for (const { model, value, n, invalid } of of) assert.is(n! + invalid!, count, `${metric} of ${model}: ${value}`);
  }
  assert.is(rows.find(({ metric, model }) => metric === 'drift' && model === 'aligned')?.value, 0);
  assert.is(ranSteps(await run(context, 'defences', profile)).length, 0);
});

test.run();
