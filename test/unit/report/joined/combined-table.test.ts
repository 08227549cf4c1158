import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { studyTables } from '../../../../src/report/joined/combined-table.js';
import type { ShownGroup, StudyShown } from '../../../../src/report/joined/study.js';
import { bestOf } from '../../../../src/report/paper-tables/paper-table.js';
import { tableText } from '../../../../src/report/paper-tables/table-files.js';
import { type ClaimRow, claimColumns } from '../../../../src/report/tables/claims.js';
import { writeTable } from '../../../../src/report/tables/csv.js';
import { energyColumns } from '../../../../src/report/tables/energy.js';
import { evaluationColumns } from '../../../../src/report/tables/evaluation.js';

const group = (label: string, values: readonly (string | null)[], files: readonly string[]): ShownGroup => ({
  label,
  values,
  cells: [0],
  shown: { files, updates: [{ name: 'tuning', from: 'base', to: 'tuned' }] },
  figures: [],
  tables: ['energy', 'trade-off'],
});

function withoutClaims(params: StudyShown) {
  const none = { cells: [], claims: { figure: false, table: false } };
  return { params: { ...params, ...none }, claims: new Map<number, string>(), claimsOverCells: undefined };
}

function energyCsv(points: Readonly<Record<number, number>>): string {
  const of = { update: 'tuning', subspace: 'top-k', seed: null, mode: 'parallel', side: 'right', update_energy: 1 };
  const rows = Object.entries(points).map(([fraction, kept]) => {
    const energies = { energy_kept: kept, energy_realised: kept, cosine_projected: null, cosine_alignment: null };
    return { ...of, ...energies, fraction: Number(fraction), rank: null };
  });
  return writeTable(energyColumns, rows);
}

test('each cell has a block of rows behind the axes that tell them apart, and the columns of all', () => {
  const params = {
    axes: ['profile', 'norm', 'lr'],
    groups: [
      group('profile=a', ['a', '0.1', '1'], ['energy.csv']),
      group('profile=b', ['b', null, '1'], ['energy.csv']),
      group('profile=c', ['c', '0.1', '1'], []),
    ],
  };
  const files = [{ 0.1: 0.2, 0.5: 0.6 }, { 0.25: 0.4, 0.5: 0.7 }].map((points) => new Map([['energy.csv', energyCsv(points)]])); // biome-ignore format: one line
  const groups = params.groups.map(({ shown }, index) => ({ params: shown, files: files[index] ?? new Map() }));
  const [table] = studyTables({ ...withoutClaims(params), groups }).get('energy')!;
  assert.equal(table!.labels, ['profile', 'norm', 'update', 'projection', 'subspace']);
  assert.equal(
    table!.columns.map(({ label }) => label),
    ['0.1', '0.25', '0.5'],
  );
  assert.equal(
    table!.rows.map(({ labels, numbers }) => [...labels.slice(0, 3), ...numbers.map((number) => number?.mean ?? null)]),
    [
      ['a', '0.1', 'tuning', 0.2, null, 0.6],
      ['b', '–', 'tuning', null, 0.4, 0.7],
    ],
  );
  assert.match(tableText(table!, 'md'), '| a | 0.1 | tuning | parallel | top-k | 0.200 | – | 0.600 |');
  assert.match(tableText(table!, 'tex'), '\\addlinespace');
});

test('the best number is that of a cell', () => {
  const params = {
    axes: ['profile'],
    groups: ['a', 'b'].map((name) => group(`profile=${name}`, [name], ['evaluation.csv'])),
  };
  const csv = (values: readonly number[]) => {
    const plain = { update: '', subspace: '', seed: null, mode: '', side: '', fraction: null, rank: null, times: null };
    const none = { ci_low: null, ci_high: null, n: 9, invalid: 0, stderr: null };
    const rows = ['base', 'tuned'].map((model, index) => ({ ...plain, ...none, model, metric: 'utility', value: values[index]! })); // biome-ignore format: one line
    return new Map([['evaluation.csv', writeTable(evaluationColumns, rows)]]);
  };
  const files = [csv([0.9, 0.8]), csv([0.1, 0.2])];
  const groups = params.groups.map(({ shown }, index) => ({ params: shown, files: files[index]! }));
  const [table] = studyTables({ ...withoutClaims(params), groups }).get('trade-off')!;
  assert.equal(
    table!.rows.map(({ labels }) => labels),
    [
      ['a', 'base'],
      ['a', 'tuned'],
      ['b', 'base'],
      ['b', 'tuned'],
    ],
  );
  assert.equal(
    bestOf({ ...table!, columns: table!.columns.map((column) => ({ ...column, best: 'highest' })) }).flat(),
    [true, false, false, true],
  );
});

function claimRow(claim: string, row: Partial<ClaimRow>): ClaimRow {
  const none = { kind: 'above-baseline', case: '', effect: null, ci_low: null, ci_high: null, n: 0, note: '' };
  return { claim, ...none, verdict: 'undecided', holds_above: 0, holds_below: null, training_seed: null, ...row };
}

test('claims stand over all cells and then cell by cell, behind the axes that tell the cells apart', () => {
  const cells = [
    { label: 'profile=a,lr=1', values: ['a', '1'], folder: 'a', claims: true },
    { label: 'profile=b,lr=1', values: ['b', '1'], folder: 'b', claims: true },
    { label: 'profile=c', values: ['c', '1'], folder: null, claims: false },
    { label: 'profile=d_1', values: ['d_1', '1'], folder: 'd', claims: true },
  ];
  const measured = { effect: 0.25, ci_low: 0.125, ci_high: 0.5, n: 12 };
  const ofA = [claimRow('above', { verdict: 'holds', ...measured }), claimRow('above', { case: 'x:y', verdict: 'holds', ...measured })]; // biome-ignore format: one line
  const ofB = [
    claimRow('above', { ...measured, ci_low: null, ci_high: null, n: 3, note: 'too few tensors: 3 & fewer' }),
  ];
  const ofD = [claimRow('above', { verdict: 'no information', note: 'all scores are 1' })];
  const csv = (rows: readonly ClaimRow[]) => writeTable(claimColumns, rows);
  const over = claimRow('above', { ...measured, ci_low: null, ci_high: null, n: 3, note: 'over 3 cells' });
  const input = {
    params: { axes: ['profile', 'lr'], groups: [], cells, claims: { figure: false, table: true } },
    groups: [],
    claims: new Map([
      [0, csv(ofA)],
      [1, csv(ofB)],
      [3, csv(ofD)],
    ]),
    // As the study's claims.csv has it: each claim over all cells, and then the rows of all cells.
    claimsOverCells: csv([over, ...ofA, ...ofB, ...ofD]),
  };
  const [table, ...others] = studyTables(input).get('claims')!;
  assert.equal([table!.name, others], ['claims', []]);
  assert.equal(tableText(table!, 'md').split('\n').slice(2, -1), [
    '| claim | profile | verdict | interval must lie | effect | n | note |',
    '| --- | --- | --- | --- | ---: | ---: | --- |',
    '| above | all cells | undecided | above 0 | 0.25 [unknown] | 3 | over 3 cells |',
    '| above | a | holds | above 0 | 0.25 [0.125–0.5] | 12 |  |',
    '| above | b | undecided | above 0 | 0.25 [unknown] | 3 | too few tensors: 3 &amp; fewer |',
    '| above | d\\_1 | no information | above 0 | – | 0 | all scores are 1 |',
  ]);
  assert.match(tableText(table!, 'tex'), 'd\\_1 & no information & above 0 & -- & $0$ & \\parbox[t]');
  assert.match(
    tableText(table!, 'csv'),
    /claim,profile,verdict,interval must lie,effect,effect low,effect high,n,note\nabove,all cells,undecided,above 0,0.25,,,3,over 3 cells\nabove,a,holds,above 0,0.25,0.125,0.5,12,\n/,
  );
  const unasked = { ...input, params: { ...input.params, claims: { figure: true, table: false } } };
  assert.equal(studyTables(unasked).get('claims'), []);
});

test.run();
