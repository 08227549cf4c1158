import { parse } from 'csv-parse/sync';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { energyRank } from '../../../../src/formats/energy-rank.js';
import type { EnergyResult, OverlapResult } from '../../../../src/formats/step-results.js';
import { CompensatedSum } from '../../../../src/report/compensated-sum.js';
import { readTable, writeCsv } from '../../../../src/report/tables/csv.js';
import { EnergyTables, type TensorResults } from '../../../../src/report/tables/energy.js';
import { OverlapTable } from '../../../../src/report/tables/overlap.js';
import { SamplesTable } from '../../../../src/report/tables/samples.js';
import type { EnergyTableRow } from '../../../../src/steps/energy-table.js';

async function* each<T>(...results: T[]): AsyncGenerator<T> {
  yield* results;
}

/** Energy results beside the same update's relation to the alignment: ⟨Δ, A⟩ = .5 ‖Δ‖ ‖A‖, ‖A‖² = 4 ‖Δ‖². */
async function* measured(...energies: EnergyResult[]): AsyncGenerator<TensorResults> {
  for (const energy of energies) {
    const { total } = energy;
    yield { energy, cosine: { product: total, energy: total, ontoEnergy: 4 * total } };
  }
}

const row: EnergyTableRow = {
  update: 'useful',
  subspace: 'top-k',
  seed: null,
  mode: 'parallel',
  side: 'right',
  extents: [{ fraction: 0.25 }, { fraction: 0.5 }],
  tensors: [
    { tensor: 'a', rankMax: 4, ranks: [1, 2], realisedRanks: [1, 2] },
    { tensor: 'b', rankMax: 1, ranks: [1, 1], realisedRanks: [1] },
  ],
};
const a: EnergyResult = { total: 10, kept: [4, 6, 9, 10], realised: [4.5, 6.5] };
const b: EnergyResult = { total: 30, kept: [30], realised: [29] };
const lines = (csv: string) => csv.trimEnd().split('\n');

test('a whole model keeps the ratio of sums, not the mean of ratios', async () => {
  const tables = new EnergyTables();
  await tables.add(row, measured(a, b));
  assert.equal(lines(tables.modelCsv()), [
    'update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,update_energy,cosine_projected,cosine_alignment,rank',
    `useful,top-k,,parallel,right,0.25,0.85,0.8375,40,${Math.sqrt(0.85)},0.5,`,
    `useful,top-k,,parallel,right,0.5,0.9,0.8875,40,${Math.sqrt(0.9)},0.5,`,
  ]);
});

test('the table by tensor has the rank at each fraction and the largest rank', async () => {
  const tables = new EnergyTables();
  await tables.add(row, measured(a, b));
  assert.equal(lines(tables.tensorCsv()), [
    'update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,tensor,rank,rank_max,update_energy,cosine_projected,cosine_alignment,rank_asked',
    `useful,top-k,,parallel,right,0.25,0.4,0.45,a,1,4,10,${Math.sqrt(0.4)},0.5,`,
    `useful,top-k,,parallel,right,0.25,1,${29 / 30},b,1,1,30,1,0.5,`,
    `useful,top-k,,parallel,right,0.5,0.6,0.65,a,2,4,10,${Math.sqrt(0.6)},0.5,`,
    `useful,top-k,,parallel,right,0.5,1,${29 / 30},b,1,1,30,1,0.5,`,
  ]);
});

test('a rank stands last, with an empty fraction; by tensor there is what was asked for beside what the tensor has', async () => {
  const extents = [{ fraction: 0.5 }, { rank: 3 }, { rank: 100 }];
  const tensors = [
    { tensor: 'a', rankMax: 4, ranks: [2, 3, 4], realisedRanks: [2, 3, 4] },
    { tensor: 'b', rankMax: 1, ranks: [1, 1, 1], realisedRanks: [1] },
  ];
  const tables = new EnergyTables();
  await tables.add({ ...row, extents, tensors }, measured({ ...a, realised: [6.5, 9.5, 10] }, b));
  const [, ...model] = lines(tables.modelCsv());
  assert.equal(
    model.map((line) => line.split(',').filter((_, column) => [5, 6, 11].includes(column))),
    [
      ['0.5', '0.9', ''],
      ['', '0.975', '3'],
      ['', '1', '100'],
    ],
  );
  const [, ...byTensor] = lines(tables.tensorCsv());
  assert.equal(
    byTensor.map((line) =>
      line
        .split(',')
        .filter((_, column) => [5, 6, 8, 9, 10, 14].includes(column))
        .join(),
    ),
    ['0.5,0.6,a,2,4,', '0.5,1,b,1,1,', ',0.9,a,3,4,3', ',1,b,1,1,3', ',1,a,4,4,100', ',1,b,1,1,100'],
  );
});

test('a zero update has empty energies, never 0', async () => {
  const tables = new EnergyTables();
  await tables.add(
    row,
    measured({ total: 0, kept: [0, 0, 0, 0], realised: [0, 0] }, { total: 0, kept: [0], realised: [0] }),
  );
  assert.is(lines(tables.modelCsv())[1], 'useful,top-k,,parallel,right,0.25,,,0,,,');
  assert.is(lines(tables.tensorCsv())[1], 'useful,top-k,,parallel,right,0.25,,,a,1,4,0,,,');
});

test('a tensor that a model uses twice counts twice in sums over the model, and has one row', async () => {
  const tables = new EnergyTables();
  const [first, second] = row.tensors;
  await tables.add({ ...row, tensors: [{ ...first!, copies: 2 }, second!] }, measured(a, b));
  const [, quarter] = lines(tables.modelCsv());
  assert.is(quarter, `useful,top-k,,parallel,right,0.25,${38 / 50},${38 / 50},50,${Math.sqrt(38 / 50)},0.5,`);
  assert.is(lines(tables.tensorCsv()).length, 1 + 4);
});

test('the cosine with what is kept is negative where the update is reversed', async () => {
  const tables = new EnergyTables();
  await tables.add({ ...row, mode: 'opposite' }, measured(a, b));
  assert.is(lines(tables.modelCsv())[1]!.split(',')[9], `${-Math.sqrt(0.85)}`);
});

test('rows that two sweeps share stand in the tables once', async () => {
  const tables = new EnergyTables();
  await tables.add(row, measured(a, b));
  await tables.add(
    { ...row, extents: [{ fraction: 0.5 }], tensors: row.tensors.map((t) => ({ ...t, ranks: [t.ranks[1]!] })) },
    measured(a, b),
  );
  await tables.add({ ...row, seed: 1 }, measured(a, b));
  assert.is(lines(tables.modelCsv()).length, 1 + 2 + 2);
  assert.is(lines(tables.tensorCsv()).length, 1 + 4 + 4);
});

test('the scalar projection of the published code has no rank', async () => {
  const tables = new EnergyTables();
  await tables.add(
    { ...row, extents: [{ fraction: 1 }], tensors: [{ tensor: 'a', rankMax: 4, ranks: [null], realisedRanks: [] }] },
    measured({ ...a, scalar: { kept: 5, realised: 2.5 } }),
  );
  assert.is(lines(tables.tensorCsv())[1], `useful,top-k,,parallel,right,1,0.5,0.25,a,,4,10,${Math.sqrt(0.5)},0.5,`);
});

test('an energy that was not measured at a rank of the sweep is an error that names the tensor', async () => {
  const tables = new EnergyTables();
  try {
    await tables.add(row, measured({ ...a, realised: [4.5] }, b));
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, 'the energy of a was not measured at rank 2');
  }
});

const overlap: OverlapResult = {
  d: 10,
  energyA: [8, 9, 10],
  energyB: [5, 9, 10],
  points: [
    { kA: 1, kB: 1, shared: 0.5 },
    { kA: 1, kB: 2, shared: 0.75 },
    { kA: 2, kB: 2, shared: 1.5 },
    { kA: 3, kB: 3, shared: 3 },
  ],
};

test('overlap is read at the energy ranks of both updates, with its random baseline', async () => {
  const table = new OverlapTable();
  await table.add({ pair: ['useful', 'harmful'], energies: [0.5, 0.8, 0.9, 0.91], tensors: ['a'] }, each(overlap));
  assert.equal(lines(table.csv()), [
    'pair,tensor,energy,k_a,k_b,d,overlap,baseline',
    'useful:harmful,a,0.5,1,1,10,0.5,0.1',
    'useful:harmful,a,0.8,1,2,10,0.75,0.2',
    'useful:harmful,a,0.9,2,2,10,0.75,0.2',
    'useful:harmful,a,0.91,3,3,10,1,0.3',
  ]);
});

test('a zero update has rank 1 where its result says so, as in the published code', async () => {
  const table = new OverlapTable();
  const zero: OverlapResult = {
    d: 10,
    energyA: [0, 0],
    energyB: [0, 0],
    zeroRank: 1,
    points: [{ kA: 1, kB: 1, shared: 1 }],
  };
  await table.add({ pair: ['useful', 'harmful'], energies: [0.5], tensors: ['a'] }, each(zero));
  assert.is(lines(table.csv())[1], 'useful:harmful,a,0.5,1,1,10,1,0.1');
});

test('a zero update overlaps with nothing: rank 0, no overlap, no baseline', async () => {
  const table = new OverlapTable();
  const zero = { ...overlap, energyB: [0, 0, 0], points: [] };
  await table.add({ pair: ['useful', 'harmful'], energies: [0.5], tensors: ['a'] }, each(zero));
  assert.is(lines(table.csv())[1], 'useful:harmful,a,0.5,1,0,10,,');
});

test('the energy rank is the smallest that reaches the energy', () => {
  assert.equal(
    [0.1, 0.5, 0.50001, 0.9, 1].map((energy) => energyRank([5, 9, 10], energy)),
    [1, 1, 2, 2, 3],
  );
  assert.is(energyRank([0, 0], 0.5), 0);
});

test('a compensated sum keeps what a plain sum of unequal numbers loses', () => {
  const sum = new CompensatedSum();
  for (const value of [1, 1e100, 1, -1e100]) sum.add(value);
  assert.is(sum.value, 2);
});

test('numbers in CSV read back to the same doubles, texts to the same texts', () => {
  const numbers = [1 / 3, 1e-300, 5e-324, 2 ** 53, 0.1 + 0.2, null];
  const texts = ['plain', 'comma, quote " and\nline', '', '=1+1', 'ΔW', ' space '];
  const csv = writeCsv(
    ['text', 'number'],
    texts.map((text, index) => ({ text, number: numbers[index]! })),
  );
  assert.equal(
    readTable(csv, { text: 'text', number: 'number?' }),
    texts.map((text, index) => ({ text, number: numbers[index]! })),
  );
});

test('no text of a table begins as a formula of a spreadsheet does, and every text reads back', () => {
  const formulas = ['=1+1', '+1', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '＝1', "'=1", "''-1"];
  const others = ["'quoted'", "'", 'a=b', '5-3', 'one\rtwo'];
  const csv = writeCsv(
    ['text', 'number'],
    [...formulas, ...others].map((text) => ({ text, number: -1.5 })),
  );
  const cells = parse(csv, { from: 2, record_delimiter: '\n' }) as string[][];
  assert.equal(
    cells.map(([text]) => text),
    [...formulas.map((text) => `'${text}`), ...others],
  );
  assert.ok(cells.every(([, number]) => number === '-1.5'));
  assert.ok(csv.includes('"one\rtwo"'), 'what other tools take for the end of a line stands in quotes');
  assert.equal(
    readTable(csv, { text: 'text', number: 'number?' }).map(({ text }) => text),
    [...formulas, ...others],
  );
});

test('texts of samples are shortened between characters', () => {
  const table = new SamplesTable();
  table.add({ metric: 'm', model: 'base' }, [{ prompt: `a${'🙂'.repeat(400)}`, response: '', score: 1 }]);
  assert.not.match(table.csv(), /\p{Surrogate}/u);
});

test('a table never holds NaN or infinity', () => {
  assert.throws(() => writeCsv(['x'], [{ x: Number.NaN }]), /cannot hold the number NaN/);
  assert.throws(() => writeCsv(['x'], [{ x: Number.POSITIVE_INFINITY }]), /cannot hold the number Infinity/);
});

test('a table of no rows still has its header', () => {
  assert.is(new OverlapTable().csv(), 'pair,tensor,energy,k_a,k_b,d,overlap,baseline\n');
});

test('reading names a missing column and a value that is not a number', () => {
  assert.throws(() => readTable('a\n1\n', { b: 'number?' }), /no column b/);
  assert.throws(() => readTable('b\nx\n', { b: 'number?' }), /b "x", not a number/);
  assert.throws(() => readTable('a,b\n1,2\n3,\n', { b: 'number' }), /row 2 of the table has no b/);
});

test.run();
