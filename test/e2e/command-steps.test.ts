import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../../src/run/events.js';
import { ranSteps, Sandbox } from '../sandbox.js';

const test = suite<{ sandbox: Sandbox; config: Readonly<Record<string, string>> }>('steps of programs');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  context.config = { XDG_CONFIG_HOME: context.sandbox.path('config') };
});
test.after.each(({ sandbox }) => sandbox.remove());

const lab = (ranking: string, more = '') => `runflow: 1
name: lab
${more}models:
  base: { init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }, seed: 1 }
  tuned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
datasets:
  asked: { synthetic: problems, rows: 3 }
updates: { change: { from: base, to: tuned } }
metrics:
  sizes: { kind: spectrum, of: [change] }
steps:
  ranking: { ${ranking} }
`;

const sound = `command: { run: [node, rank.cjs] }, tables: [ranking.csv], files: [notes/all.txt],
    inputs: { spectrum: { table: spectrum.csv }, tuned: { model: tuned }, asked: { dataset: asked } }`;

/** The largest spectral norm, how many weights there are, and how many rows. */
const rank = (then = '') => `
const fs = require('node:fs');
const [names, ...rows] = fs.readFileSync('inputs/spectrum.csv', 'utf8').trimEnd().split('\\n').map((line) => line.split(','));
const norm = names.indexOf('spectral_norm');
const largest = Math.max(...rows.filter((row) => row[1] !== '').map((row) => Number(row[norm])));
const weights = fs.statSync('inputs/tuned/model.safetensors').size;
const asked = fs.readFileSync('inputs/asked.jsonl', 'utf8').trimEnd().split('\\n').length;
let table = 'what,value\\nlargest,' + largest + '\\nweights,' + weights + '\\nasked,' + asked + '\\n';
fs.mkdirSync('outputs/notes');
fs.writeFileSync('outputs/notes/all.txt', rows.length + ' rows\\n');
fs.writeFileSync('outputs/undeclared.txt', 'not taken');
${then}
fs.writeFileSync('outputs/ranking.csv', table);
`;

function failure(events: readonly RunEvent[]): string {
  const failed = events.find((event) => event.type === 'step-failed');
  return failed?.type === 'step-failed' ? `${failed.message}\n${failed.hint ?? ''}` : 'nothing failed';
}

test('a program makes a table of a table, and its files stand beside the results', async ({ sandbox, config }) => {
  await sandbox.write('rank.cjs', rank());
  await sandbox.write('lab.yaml', lab(sound));
  const refused = await sandbox.runflow(['run', 'lab.yaml'], config);
  assert.is(refused.status, 2);
  assert.match(refused.stderr, /steps\.ranking/);
  assert.not.ok(existsSync(sandbox.store));
  const valid = await sandbox.runflow(['validate', 'lab.yaml'], config);
  assert.match(valid.stdout, /1 step\b/);
  assert.match(valid.stdout, /steps\.ranking: node rank\.cjs \(not allowed yet\)/);
  const estimated = await sandbox.runflow(['plan', 'lab.yaml', '--estimate'], config);
  assert.match(estimated.stdout, /seconds of node rank\.cjs/);

  const ran = ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config));
  assert.ok(ran.includes('command-results[ranking]'), ran.join());
  const results = sandbox.path('results', 'lab');
  const spectrum = readFileSync(join(results, 'spectrum.csv'), 'utf8').trimEnd().split('\n');
  const norms = spectrum.slice(1).map((line) => Number(line.split(',').at(-1)));
  const table = readFileSync(join(results, 'steps', 'ranking', 'ranking.csv'), 'utf8');
  assert.match(
    table,
    new RegExp(`^what,value\nlargest,${String(Math.max(...norms)).replace('.', '\\.')}\nweights,\\d+\nasked,3\n$`),
  );
  assert.is(readFileSync(join(results, 'steps', 'ranking', 'notes', 'all.txt'), 'utf8'), `${norms.length} rows\n`);
  assert.equal(readdirSync(join(results, 'steps', 'ranking')).sort(), ['notes', 'ranking.csv']);
  const record = JSON.parse(readFileSync(join(results, 'run.json'), 'utf8')) as { files: { file: string }[] };
  assert.ok(JSON.stringify(record).includes('steps/ranking/ranking.csv'));
  assert.match(
    readFileSync(join(results, 'report.html'), 'utf8'),
    /ranking\.csv, made of asked, spectrum\.csv, tuned by the program node rank\.cjs/,
  );
  assert.match(readFileSync(join(results, 'report.html'), 'utf8'), /<a href="steps\/ranking\/ranking\.csv">/);

  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), []);
  await sandbox.write('rank.cjs', rank('// edited'));
  const explained = await sandbox.runflow(['explain', 'lab.yaml', 'steps.ranking'], config);
  assert.match(explained.stdout, /will run: program: rank\.cjs changed\n/);
  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), ['command-results[ranking]']);
});

const faults: readonly (readonly [what: string, then: string, said: RegExp])[] = [
  ['NaN', "table += 'more,NaN\\n';", /ranking\.csv, row 4: value is NaN/],
  ['an infinity', "table += 'more,-inf\\n';", /ranking\.csv, row 4: value is -inf/],
  ['a number beyond all', "table += 'more,1e999\\n';", /row 4: value is 1e999/],
  ['a row that is short', "table += 'more\\n';", /ranking\.csv is no table/],
  ['two columns of one name', "table = table.replace('what', 'value');", /two columns of the name value/],
  ['a column without a name', "table = table.replace('what', '');", /a column without a name/],
  ['an empty table', "table = '';", /ranking\.csv is empty/],
  ['semicolons', "table = 'x;y\\n1;NaN\\n';", /it has one column, called "x;y"[\s\S]*Separate cells by commas/],
  ['tabs', "table = 'x\\ty\\n1\\tNaN\\n';", /it has one column, called "x\\ty"/],
  ['\\r alone', "table = 'x,y\\r1,2\\r';", /ends in \\r alone[\s\S]*separate cells by commas/],
  ['two kinds of line ends', "table = 'x\\r\\n1\\nNaN\\n';", /end in \\r\\n and others that end in \\n/],
  ['no text', 'table = Buffer.from([0xff, 0xfe, 0x00]);', /ranking\.csv is not UTF-8 text/],
  ['a missing file', "fs.rmSync('outputs/notes/all.txt');", /without outputs\/notes\/all\.txt/],
  [
    'a link',
    "fs.rmSync('outputs/notes/all.txt'); fs.symlinkSync('/etc/hostname', 'outputs/notes/all.txt');",
    /notes\/all\.txt, which is a link/,
  ],
  [
    'a folder that is a link',
    "fs.rmSync('outputs/notes', { recursive: true }); fs.symlinkSync('/etc', 'outputs/notes');",
    /notes, which is a link/,
  ],
];

test('what a program leaves is taken only as it is declared', async ({ sandbox, config }) => {
  await sandbox.write('lab.yaml', lab(sound));
  for (const [what, then, said] of faults) {
    await sandbox.write('rank.cjs', rank(then));
    const ended = await sandbox.runflow(['run', 'lab.yaml', '--allow-commands', '--json'], config);
    assert.is(ended.status, 1, what);
    assert.match(failure(ended.events), said, what);
    assert.not.ok(existsSync(sandbox.path('results', 'lab', 'steps')), what);
  }
  // What is not finite in a column of texts is a text.
  await sandbox.write('rank.cjs', rank("table += 'nan,1\\n';"));
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
});

test('names that lead out, collide or say nothing are refused with their place', async ({ sandbox, config }) => {
  const command = 'command: { run: [x] }';
  const refusals: readonly (readonly [string, RegExp])[] = [
    [command, /has neither tables nor files/],
    [`${command}, files: [../a]`, /\.\.\/a is not the name of a file in outputs/],
    [`${command}, files: [/etc/a]`, /is not the name of a file in outputs/],
    [`${command}, files: [a//b]`, /is not the name of a file in outputs/],
    [`${command}, files: ['a\\\\b']`, /is not the name of a file in outputs/],
    [`${command}, files: [.a]`, /is not the name of a file in outputs/],
    [`${command}, files: [-a]`, /is not the name of a file in outputs/],
    [`${command}, tables: [a.txt]`, /a\.txt is no table/],
    [`${command}, tables: [a.csv], files: [A.csv]`, /differs from another name in the case/],
    [`${command}, files: [report.html]`, /the name of the report/],
    [`${command}, files: [a], inputs: { x: { table: energi.csv } }`, /energy\.csv/],
    [`${command}, files: [a], inputs: { x: { model: none } }`, /there is no model "none"/],
    [`${command}, files: [a], inputs: { x: { dataset: none } }`, /there is no dataset "none"/],
    [`${command}, files: [a], inputs: { x: { responses: none } }`, /there is no metric "none"/],
    [`${command}, files: [a], inputs: { x: { model: base, table: energy.csv } }`, /one of them/],
    [`${command}, files: [a], inputs: { x: {} }`, /one of them/],
  ];
  for (const [ranking, said] of refusals) {
    await sandbox.write('lab.yaml', lab(ranking));
    const ended = await sandbox.runflow(['validate', 'lab.yaml'], config);
    assert.is(ended.status, 2, ranking);
    assert.match(ended.stderr, said, ranking);
    assert.match(ended.stderr, /lab\.yaml:\d+:\d+/);
  }
  for (const [input, said] of [
    [
      'table: energy.csv',
      /step ranking takes energy\.csv, which no sweep or metric of this workflow makes[\s\S]*There are: spectrum\.csv/,
    ],
    ['responses: sizes', /responses behind the metric sizes[\s\S]*It makes none/],
  ] as const) {
    await sandbox.write('lab.yaml', lab(`${command}, files: [a], inputs: { x: { ${input} } }`));
    const ended = await sandbox.runflow(['plan', 'lab.yaml'], config);
    assert.is(ended.status, 2);
    assert.match(ended.stderr, said);
  }
});

test('cells of a matrix have steps of their own, or share one whose inputs are equal', async ({ sandbox, config }) => {
  await sandbox.write('rank.cjs', rank());
  await sandbox.write(
    'count.cjs',
    "const fs = require('node:fs'); fs.copyFileSync('inputs/asked.jsonl', 'outputs/asked.csv');",
  );
  const matrix = 'matrix: { params.norm: [0.05, 0.1] }\nparams: { norm: 0.05 }\n';
  const count =
    '  count: { command: { run: [node, count.cjs] }, inputs: { asked: { dataset: asked } }, files: [asked.csv] }\n';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the workflow language
  const norm = '${params.norm}';
  const text = lab(sound.replace('rank.cjs', `rank.cjs, '${norm}'`), matrix).replace(
    'norm: 0.05, decay',
    `norm: '${norm}', decay`,
  );
  await sandbox.write('lab.yaml', text + count);
  const argv = ['lab.yaml', '--allow-commands', '--out', 'out'];
  const run = await sandbox.run(argv, config);
  assert.equal(
    ranSteps(run)
      .filter((id) => id.includes('command'))
      .sort(),
    ['command-results[count]', 'norm=0.05/command-results[ranking]', 'norm=0.1/command-results[ranking]'],
  );
  const results = sandbox.path('out');
  const tables = ['norm=0.05', 'norm=0.1'].map((cell) =>
    readFileSync(join(results, 'cells', cell, 'steps', 'ranking', 'ranking.csv'), 'utf8'),
  );
  assert.is.not(tables[0], tables[1]);
  assert.ok(existsSync(join(results, 'cells', 'norm=0.1', 'steps', 'count', 'asked.csv')));

  // Declared tables are joined, other files are not, whatever their names.
  assert.equal(readdirSync(join(results, 'steps')), ['ranking']);
  assert.equal(readdirSync(join(results, 'steps', 'ranking')).sort(), ['ranking.csv', 'ranking.parquet']);
  const joined = readFileSync(join(results, 'steps', 'ranking', 'ranking.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.is(joined[0], 'norm,what,value');
  assert.equal(
    joined.slice(1),
    tables.flatMap((table, index) => {
      const norm = ['0.05', '0.1'][index];
      return table
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => `${norm},${line}`);
    }),
  );
  const page = readFileSync(join(results, 'report.html'), 'utf8');
  assert.match(
    page,
    /all cells<\/th>.*<a href="steps\/ranking\/ranking\.csv">.*<a href="steps\/ranking\/ranking\.parquet">/,
  );

  // A column that only one cell has: the other has nothing there, and a warning says so.
  await sandbox.write(
    'rank.cjs',
    rank("if (process.argv[2] === '0.1') table = table.replaceAll('\\n', ',x\\n').replace('x', 'more');"),
  );
  const more = await sandbox.run(argv, config);
  assert.match(
    readFileSync(join(results, 'steps', 'ranking', 'ranking.csv'), 'utf8'),
    /^norm,what,value,more\n0\.05,largest,[^,]+,\n[\s\S]*\n0\.1,asked,3,x\n$/,
  );
  const warnings = more.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  assert.equal(warnings, [
    'joined[steps/ranking/ranking]: the cells do not have the same columns in steps/ranking/ranking.csv: norm=0.05 lacks more',
  ]);
});

test.run();
