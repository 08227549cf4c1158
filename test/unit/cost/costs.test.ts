import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Assumptions } from '../../../src/cost/costed-step.js';
import { describedTensor } from '../../../src/cost/described.js';
import { deviceNamed, publishedDevices } from '../../../src/cost/devices.js';
import { costsOf } from '../../../src/cost/estimate.js';
import { secondsOf } from '../../../src/cost/rates.js';
import { totalsOf } from '../../../src/cost/totals.js';
import { joined, phase, work } from '../../../src/cost/work.js';
import type { Step } from '../../../src/steps/step.js';

const device = { software: false, memoryBudget: Number.POSITIVE_INFINITY, largestBinding: 2 ** 31 };
const nothing: Assumptions = new Map();
const model = (rows: number, columns: number) => new Map([['tensor/w', describedTensor('BF16', [rows, columns])]]);
const input = (node: string, output = '*') => ({ node, output });

async function costs(steps: readonly Step[], assumed = nothing, traits = device) {
  const existing = new Map([
    ['a', model(96, 32)],
    ['b', model(96, 32)],
  ]);
  return costsOf({ steps, existing, known: new Map(), device: traits, assumed });
}

const svd: Step = {
  id: 'svd',
  kind: 'svd',
  params: {},
  group: 'SVD',
  inputs: { from: input('a', 'tensor/w'), to: input('b', 'tensor/w') },
};

test('an SVD: eigenvectors of the short side, and the product that makes the long side', async () => {
  const { least, most } = (await costs([svd], nothing, { ...device, software: true })).steps[0]!;
  // Once A·S Σ⁻¹ [96, 32]·[32, 32], and its Gram matrix; at most once more.
  assert.is(joined(least.phases).flop, 2 * 96 * 32 * 32 + 96 * 2 * 32 * 32);
  assert.is(joined(most.phases).flop, 2 * joined(least.phases).flop);
  assert.is(least.host.eigenCubes, 32 ** 3);
  // AᵀA on the host: a triangle of 32·33/2 sums of 96 products.
  assert.is(least.host.productFlop, 96 * 32 * 33);
  assert.is(least.stored, 4 * 96 * 32 + 8 * 32 + 4 * 32 * 32);
  assert.is(least.objects, 3);
});

test('a card makes the Gram matrix of digits itself', async () => {
  const { least } = (await costs([svd])).steps[0]!;
  assert.is(least.host.productFlop, 0);
  assert.is(joined(least.phases).flop, 6 * 96 * 2 * 32 * 32 + 2 * 96 * 32 * 32 + 96 * 2 * 32 * 32);
});

test('what a step gives is what the next one takes', async () => {
  const overlap: Step = {
    id: 'overlap',
    kind: 'overlap',
    params: {},
    group: 'Overlap',
    inputs: Object.fromEntries(['a', 'b'].flatMap((side) => [[`${side}-u`, input('svd', 'u')], [`${side}-s`, input('svd', 's')]])), // biome-ignore format: one line
  };
  const [, { least }] = (await costs([svd, overlap])).steps as [unknown, { least: ReturnType<typeof work> }];
  assert.is(joined(least.phases).flop, 2 * 96 * 32 * 32);
});

const rows: Step = {
  id: 'rows[questions]',
  origin: 'datasets.questions',
  kind: 'rows',
  params: { transforms: {} },
  group: 'Data',
  inputs: { files: input('files') },
};
const tokens: Step = {
  id: 'tokens',
  kind: 'tokenise',
  group: 'Data',
  inputs: { rows: input(rows.id, 'rows') },
  params: { dataset: 'datasets.questions', maxLength: 512 },
};
const files = new Map([['files', new Map([['file/a', { bytes: 100 }]])]]);

test('rows that nothing bounds are unknown, and a number that is given is taken', async () => {
  const facts = { existing: files, known: new Map(), device, steps: [rows, tokens] };
  const unbounded = await costsOf({ ...facts, assumed: nothing });
  assert.is(unbounded.steps[1]!.most.stored, Number.POSITIVE_INFINITY);
  assert.equal(
    unbounded.unknown.map(({ what }) => what),
    ['rows of datasets.questions', 'tokens of a row of datasets.questions'],
  );
  const given = await costsOf({
    ...facts,
    assumed: new Map([
      ['row-tokens', 100],
      ['datasets.questions.rows', 1319],
    ]),
  });
  assert.equal(given.unknown, []);
  // Ids and labels of four bytes, and where each row begins.
  assert.is(given.steps[1]!.least.stored, 2 * 4 * 1319 * 100 + 4 * 1320 + 2000);
  assert.equal(given.steps[1]!.least, given.steps[1]!.most);
});

test('`take` bounds rows, `where` bounds them from above alone', async () => {
  const taken = async (transforms: object) => {
    const { steps } = await costsOf({
      existing: files,
      known: new Map(),
      device,
      steps: [{ ...rows, params: { transforms } as never }, tokens],
      assumed: new Map([
        ['row-tokens', 8],
        ['datasets.questions.rows', 50],
      ]),
    });
    return steps[1]!;
  };
  const stored = (count: number) => 2 * 4 * count * 8 + 4 * (count + 1) + 2000;
  assert.is((await taken({ take: 7, where: { a: 1 } })).most.stored, stored(7));
  const some = await taken({ skip: 10, where: { a: 1 } });
  assert.equal([some.least.stored, some.most.stored], [stored(1), stored(40)]);
});

test('scores of items that nothing bounds: at least a file without items, at most any size', async () => {
  const likelihoods: Step = {
    id: 'scored',
    kind: 'multiple-choice',
    params: {},
    group: 'Scores',
    inputs: { rows: input(rows.id, 'rows'), likelihoods: input(rows.id, 'rows') },
  };
  const { steps } = await costsOf({
    existing: files,
    known: new Map(),
    device,
    steps: [rows, likelihoods],
    assumed: nothing,
  });
  assert.equal([steps[1]!.least.stored, steps[1]!.most.stored], [54, Number.POSITIVE_INFINITY]);
});

test('models that a metric gives to a program are read, and lie beside the model that it scores', async () => {
  const scores = (given: Readonly<Record<string, 'model' | 'dataset'>>): Step => ({
    id: 'command-scores[tone]',
    origin: 'metrics.tone',
    kind: 'command-scores',
    group: 'Scores',
    params: { program: { run: ['python3', 'tone.py'] }, model: { kind: 'whole' }, with: given },
    hints: { timeoutSeconds: 60 },
    inputs: { model: input('a'), 'with/first': input('b'), 'with/second': input('b') },
  });
  const bytes = 2 * 96 * 32;
  const [alone, beside] = await Promise.all([
    costs([scores({})]),
    costs([scores({ first: 'model', second: 'model' })]),
  ]);
  const { least } = alone.steps[0]!;
  assert.is(least.scratch, bytes);
  for (const end of ['least', 'most'] as const) {
    assert.is(beside.steps[0]![end].read, alone.steps[0]![end].read + 2 * bytes);
    assert.is(beside.steps[0]![end].scratch, 3 * bytes);
  }
});

test('an end that costs more than the other is a fault that is named', async () => {
  const facts = { existing: files, known: new Map(), device, steps: [rows], assumed: nothing };
  let asked = 0;
  const faulty = { ...rows, params: { transforms: { get take() { return 10 - asked++; } } } as never }; // biome-ignore format: one line
  const step: Step = { ...tokens, inputs: { rows: input(faulty.id, 'rows') } };
  await costsOf({ ...facts, steps: [faulty, step], assumed: new Map([['row-tokens', 8]]) }).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /^tokens: its .* is at least .* and at most/),
  );
});

test('an assumption that nothing needs is told, and one beyond a limit is cut and noted', async () => {
  const assumed: Assumptions = new Map([
    ['row-tokens', 600],
    ['prompt-tokens', 5],
    ['datasets.questions.rows', 9],
  ]);
  const facts = { existing: files, known: new Map(), device, steps: [rows, tokens], assumed };
  const { unused, unknown } = await costsOf(facts);
  assert.equal(unused, ['prompt-tokens']);
  assert.equal(unknown, [{ what: 'row-tokens of tokens', bound: '512 by max-length, not the 600 assumed' }]);
  const taken = await costsOf({ ...facts, steps: [{ ...rows, params: { transforms: { take: 3 } } as never }] });
  assert.equal(taken.unused, ['row-tokens', 'prompt-tokens', 'datasets.questions.rows']);
});

const rates = {
  flops: 1e9,
  memoryBytes: 1e8,
  dispatchSeconds: 1e-3,
  waitSeconds: 1e-2,
  transferBytes: 1e6,
  startSeconds: 5,
};
const host = {
  productFlops: 1e9,
  eigenSeconds: 1e-9,
  elements: 1e6,
  normals: 1e6,
  characters: 1e6,
  hashedBytes: 1e6,
  writtenBytes: 1e6,
  fileSeconds: 0,
  librarySeconds: 1,
};

test('a phase takes as long as the slower of operations and operands', async () => {
  const seconds = (part: Parameters<typeof phase>[0]) => secondsOf(work({ phases: [phase(part)] }), rates, host);
  assert.is(seconds({ flop: 2e9, operandBytes: 1e8 }), 2);
  assert.is(seconds({ flop: 2e9, operandBytes: 3e8 }), 3);
  assert.is(
    seconds({ flop: 2e9, operandBytes: 1e8, otherBytes: 1e8, dispatches: 10, waits: 10, transferred: 5e5 }).toFixed(6),
    '3.610000',
  );
  assert.is(secondsOf(work({ stored: 1e6, host: { eigenCubes: 1e9 } }), rates, host), 3);
});

test('totals: sums of time, the largest memory, and null where nothing bounds a number', async () => {
  const step = (id: string): Step => ({ ...svd, id });
  const { groups, all } = totalsOf(
    {
      steps: [
        {
          step: step('x'),
          least: work({ deviceMemory: 5, hostMemory: 2, stored: 1 }),
          most: work({ deviceMemory: 9 }),
        },
        {
          step: step('y'),
          least: work({ deviceMemory: 7, stored: 2 }),
          most: work({ stored: Number.POSITIVE_INFINITY }),
        },
      ],
    },
    { least: rates, most: rates },
    { ...host, hashedBytes: Number.POSITIVE_INFINITY, writtenBytes: Number.POSITIVE_INFINITY },
    false,
  );
  // In all there is the start of two processes besides.
  assert.equal({ ...groups.get('SVD'), seconds: { least: 10, most: null } }, all);
  assert.is(all.steps, 2);
  assert.equal(all.disk, { least: 3, most: null });
  assert.equal(all.deviceMemory, { least: 7, most: 9 });
  assert.equal(all.hostMemory, { least: 2, most: 0 });
});

test('published devices have a source, and are found by any spelling', async () => {
  assert.ok(publishedDevices.length >= 8);
  for (const { name, source, teraflops, gigabytes, memory } of publishedDevices) {
    assert.match(source, /^[a-z0-9.-]+\/\S+$/, name);
    assert.ok(teraflops > 1 && teraflops < 200 && gigabytes > 50 && gigabytes < 10_000 && memory >= 8, name);
    assert.is(deviceNamed(name.toLowerCase().replaceAll(' ', ''))?.name, name);
  }
  assert.is(deviceNamed('RTX'), undefined);
});

test.run();
