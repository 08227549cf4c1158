import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Case, findingsOf } from '../../../src/eval/finding.js';
import { ClaimsTable, claimColumns } from '../../../src/report/tables/claims.js';
import { readTable, writeCsv } from '../../../src/report/tables/csv.js';
import { JoinedTable } from '../../../src/report/tables/joined.js';
import { claimsOverCells } from '../../../src/worker/steps/joined-claims-table.js';

const axes = [
  { name: 'profile', isNumber: false },
  { name: 'lr', isNumber: true },
];

test('a joined table has the axes in front, all columns of its parts, and every number as it was', async () => {
  const table = new JoinedTable(axes, ['value', 'training_seed']);
  table.add(
    ['a', '1e-5'],
    writeCsv(
      ['name', 'value'],
      [
        { name: '=1+1', value: -0.1 },
        { name: '', value: null },
      ],
    ),
  );
  table.add(
    ['b', null],
    writeCsv(['name', 'value', 'training_seed'], [{ name: 'x,y', value: 1 / 3, training_seed: 2 }]),
  );
  assert.is(table.csv(), `profile,lr,name,value,training_seed\na,1e-5,'=1+1,-0.1,\na,1e-5,,,\nb,,"x,y",${1 / 3},2\n`);
  const bytes = await table.parquet();
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  assert.equal(await parquetReadObjects({ file }), [
    { profile: 'a', lr: 1e-5, name: '=1+1', value: -0.1, training_seed: null },
    { profile: 'a', lr: 1e-5, name: null, value: null, training_seed: null },
    { profile: 'b', lr: null, name: 'x,y', value: 1 / 3, training_seed: 2 },
  ]);
  const types = parquetMetadata(file)
    .schema.slice(1)
    .map(({ type }) => type);
  assert.equal(types, ['BYTE_ARRAY', 'DOUBLE', 'BYTE_ARRAY', 'DOUBLE', 'DOUBLE']);
  assert.equal(await table.parquet(), bytes, 'the same bytes each time');
});

test('columns of a table that is not of runflow are numbers where all their values are', async () => {
  const table = new JoinedTable([], undefined);
  table.add([], 'a,b\n1,1\n2.5,x\n,\n');
  const bytes = await table.parquet();
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  assert.equal(await parquetReadObjects({ file }), [
    { a: 1, b: '1' },
    { a: 2.5, b: 'x' },
    { a: null, b: null },
  ]);
});

test('of a table that is not of runflow, codes and integers that a double would change stay texts, and texts stay as they are', async () => {
  const table = new JoinedTable([], undefined);
  table.add([], "code,id,hex,exact,text\n007,9007199254740993,0x10,1e-05,'=1\n010,1,2,.5,-x\n");
  const bytes = await table.parquet();
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  assert.equal(await parquetReadObjects({ file }), [
    { code: '007', id: '9007199254740993', hex: '0x10', exact: 1e-5, text: "'=1" },
    { code: '010', id: '1', hex: '2', exact: 0.5, text: '-x' },
  ]);
});

test('columns that only some cells have are empty in the others, training seeds are last, and an axis gives way to a column', () => {
  const table = new JoinedTable(
    [
      { name: 'lr', isNumber: true },
      { name: 'norm', isNumber: true },
    ],
    undefined,
  );
  const [one, other] = ['norm,training_seed\n5,1\n', 'norm,more,cell_norm\n6,x,y\n'] as const;
  table.add(['1', '2'], one);
  table.add(['1', '3'], other);
  assert.is(table.csv(), 'lr,cell_cell_norm,norm,more,cell_norm,training_seed\n1,2,5,,,1\n1,3,6,x,y,\n');
  assert.equal(
    [one, other].map((csv) => table.missingColumns(csv)),
    [['more', 'cell_norm'], ['training_seed']],
  );
});

test('tables without rows are joined to one without rows', async () => {
  const table = new JoinedTable(axes, ['value']);
  table.add(['a', '1'], 'name,value\n');
  assert.is(table.csv(), 'profile,lr,name,value\n');
  assert.ok((await table.parquet()).length > 0);
});

test('the chance of an error is shared by all cells of a family', () => {
  const tails: number[] = [];
  const one: Case = {
    name: 'a',
    condition: { type: 'above-zero' },
    *estimate(tail) {
      tails.push(tail);
      yield;
      return { effect: 1, low: 0.5, high: 2, n: 9, note: '' };
    },
  };
  for (const families of [undefined, 4]) for (const _ of findingsOf([one, one], families));
  assert.equal(tails, [0.0125, 0.0125, 0.025 / 8, 0.025 / 8]);
});

test('a claim over cells holds where it holds in all that say something, and is told by its weakest cell', () => {
  const cell = (verdict: string, effect: number) => {
    const table = new ClaimsTable();
    const found = {
      verdict,
      effect,
      low: null,
      high: null,
      n: 3,
      note: '',
      condition: { type: 'above-zero' },
    } as const;
    table.add('c', 'k', [
      { case: null, ...found },
      { case: 'x', ...found },
    ]);
    return table.csv();
  };
  const whole = (...cells: string[]) =>
    readTable(claimsOverCells(cells), claimColumns).map((row) => [row.verdict, row.effect]);
  assert.equal(whole(cell('holds', 2), cell('holds', 1)), [['holds', 1]]);
  assert.equal(whole(cell('holds', 2), cell('no information', 0)), [['holds', 2]]);
  assert.equal(whole(cell('holds', 2), cell('undecided', 1)), [['undecided', 1]]);
  assert.equal(whole(cell('fails', -1), cell('undecided', 1)), [['fails', -1]]);
});

test.run();
