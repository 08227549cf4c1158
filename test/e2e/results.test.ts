import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, type Ended, Sandbox, summaryOf } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** Steps are cached from test to test; each has a results folder of its own unless it says otherwise. */
const test = suite('the results folder');
let sandbox: Sandbox;
const workflow = `${smallWorkflow}profiles: { strong: { params: {}, models: { useful: { perturb: aligned, seed: 3, norm: 0.04, decay: 0.8 } } } }\n`;
const withoutOverlap = workflow.replace(/metrics:\n.*\n/, '');
test.before(async () => {
  sandbox = await Sandbox.make();
});
test.before.each(() => sandbox.write('small.yaml', workflow));
test.after.each(() => rmSync(sandbox.path('results'), { recursive: true, force: true }));
test.after(() => sandbox.remove());

const run = (...argv: string[]) => sandbox.run(['small.yaml', ...argv]);
const text = (...names: string[]) => readFileSync(sandbox.path(...names), 'utf8');
interface Listed {
  readonly file: string;
  readonly run: string;
  readonly current: boolean;
}
const recordOf = (folder: string) => JSON.parse(text(folder, 'run.json'));
const listed = (folder: string) =>
  new Map((recordOf(folder).results as Listed[]).map((entry) => [entry.file, entry] as const));
const currentFiles = (folder: string) =>
  [...listed(folder).values()].flatMap(({ file, current }) => (current ? [file] : [])).sort();
const warnings = ({ events }: Ended) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])).join('\n');
const figures = (...names: readonly string[]) => names.map((name) => `figures/${name}.svg`);
const tables = (name: string) => ['csv', 'md', 'tex'].map((format) => `tables/${name}.${format}`);
const energyFigures = figures('energy-by-tensor', 'energy');
const everything = [
  ...['energy-by-tensor.csv', 'energy.csv', ...energyFigures, ...figures('overlap-by-tensor', 'overlap')],
  ...['overlap.csv', 'report.html', ...tables('energy'), ...tables('overlap'), 'timeline.json'],
];

test('what the command line changes has a folder of its own, and the workflow as written keeps its own', async () => {
  await run();
  const written = text('results/small/energy.csv');
  await run('--set', 'sweeps.parallel.fractions=[0.3]', '--semantics', 'reference', '--profile', 'strong');
  await run('--semantics', 'paper');
  assert.equal(readdirSync(sandbox.path('results')).sort(), [
    'small',
    'small@strong,semantics=reference,sweeps.parallel.fractions=_0.3_',
  ]);
  assert.is(text('results/small/energy.csv'), written);
  const { settings } = recordOf('results/small@strong,semantics=reference,sweeps.parallel.fractions=_0.3_').workflow;
  assert.equal(settings, {
    profile: 'strong',
    set: ['sweeps.parallel.fractions=[0.3]'],
    semantics: 'reference',
  });
});

test('a workflow that measures nothing is no run, and what an earlier one made stays', async () => {
  await run();
  const before = text('results/small/run.json');
  await sandbox.write('small.yaml', workflow.replace(/sweeps:\n.*\n/, '').replace(/metrics:\n.*\n/, ''));
  const refused = await sandbox.runflow(['run', 'small.yaml', '--json']);
  assertOneScreen(refused, 2);
  assert.match(refused.stderr, /small measures nothing: there is nothing to run/);
  assert.is(text('results/small/run.json'), before);
  const { status, stdout } = await sandbox.runflow(['validate', 'small.yaml']);
  assert.is(status, 0, 'an include may have definitions alone');
  assert.match(stdout, /: valid .*, but measures nothing: there is nothing to run$/m);
  assert.match((await sandbox.runflow(['plan', 'small.yaml'])).stdout, /0 to run: the workflow measures nothing$/m);
});

test('a place that takes no results is told before the work, and nothing is left of the trial', async () => {
  const store = sandbox.withStore(sandbox.path('fresh-store'));
  symlinkSync('nowhere', sandbox.path('dangling'));
  const places = [
    'dangling',
    `${'n'.repeat(300)}`,
    `deep/${'n'.repeat(300)}/r`,
    ...(process.platform === 'linux' ? ['/proc/x/y'] : []),
  ];
  for (const place of places) {
    const refused = await store.runflow(['run', 'small.yaml', '--out', place, '--json']);
    assertOneScreen(refused, 3);
    assert.match(refused.stderr, /^error: results cannot go to .*(too long|takes no new folder|leads nowhere)/m);
    assert.equal(refused.events, []);
  }
  assert.equal(
    readdirSync(sandbox.folder).filter((name) => /^\.|deep/.test(name)),
    [],
  );
});

test('a profile that the file itself names is the workflow as written', async () => {
  await sandbox.write('small.yaml', workflow.replace('name: small', 'name: small\nprofile: strong'));
  await run('metrics.overlap');
  await run('metrics.overlap', '--profile', 'strong');
  assert.equal(readdirSync(sandbox.path('results')), ['small']);
});

test('a folder with the results of another workflow file is refused before anything runs', async () => {
  await run();
  mkdirSync(sandbox.path('elsewhere'), { recursive: true });
  await sandbox.write('elsewhere/other.yaml', workflow.replace('seed: 3', 'seed: 31'));
  const before = text('results/small/run.json');
  const refused = await sandbox.runflow(['run', 'elsewhere/other.yaml', '--json']);
  assertOneScreen(refused, 2);
  assert.equal(refused.events, []);
  for (const named of ['small.yaml', 'elsewhere/other.yaml', '--out']) assert.ok(refused.stderr.includes(named), named);
  assert.is(text('results/small/run.json'), before);
  // Through a link it is the same file; a file that is gone cannot be run again, so what is of it is put aside.
  symlinkSync(sandbox.path('small.yaml'), sandbox.path('link.yaml'));
  assert.is(summaryOf(await sandbox.run(['link.yaml'])).ran, 0);
  renameSync(sandbox.path('small.yaml'), sandbox.path('renamed.yaml'));
  rmSync(sandbox.path('link.yaml'));
  const taken = await sandbox.run(['elsewhere/other.yaml']);
  assert.match(
    warnings(taken),
    /^energy\.csv, energy-by-tensor\.csv, .* and \d+ more in .* are of a run with other settings: moved to previous\/$/m,
  );
  assert.is(warnings(taken).match(/other settings/g)!.length, 1, 'they are told together');
  assert.ok(existsSync(sandbox.path('results/small/previous/energy.csv')));
  rmSync(sandbox.path('renamed.yaml'));
});

test('what a run does not make any more is moved to previous/, with nothing there written over', async () => {
  await run();
  const overlap = text('results/small/overlap.csv');
  await sandbox.write('small.yaml', withoutOverlap);
  assert.match(
    warnings(await run()),
    /^overlap\.csv, figures\/overlap\.svg, figures\/overlap-by-tensor\.svg, tables\/overlap.* in .*: this run does not make them any more: moved to previous\/$/,
  );
  assert.not.ok(existsSync(sandbox.path('results/small/overlap.csv')));
  assert.is(text('results/small/previous/overlap.csv'), overlap);
  assert.equal(currentFiles('results/small'), [
    'energy-by-tensor.csv',
    'energy.csv',
    ...energyFigures,
    'report.html',
    ...tables('energy'),
    'timeline.json',
  ]);
  assert.is(listed('results/small').get('previous/overlap.csv')?.current, false);
  await sandbox.write('small.yaml', workflow.replace('seed: 3', 'seed: 32'));
  await run();
  await sandbox.write('small.yaml', withoutOverlap);
  await run();
  assert.is(text('results/small/previous/overlap.csv'), overlap);
  assert.ok(existsSync(sandbox.path('results/small/previous/overlap.2.csv')));
});

test('a target brings its table, and what it leaves is not called current', async () => {
  const [complete] = [await run()].map(({ events }) => events[0]);
  const energy = text('results/small/energy.csv');
  const overlap = text('results/small/overlap.csv');
  await sandbox.write('small.yaml', workflow.replace('seed: 3', 'seed: 33'));
  const ended = await run('overlap');
  assert.is.not(text('results/small/overlap.csv'), overlap);
  assert.is(text('results/small/energy.csv'), energy);
  assert.equal(currentFiles('results/small'), ['overlap.csv', 'timeline.json']);
  assert.match(warnings(ended), /energy\.csv, energy-by-tensor\.csv, figures\/.* in .*: of an earlier run/);
  assert.is(summaryOf(ended).report, undefined);
  const first = complete?.type === 'run-started' ? complete.run : '';
  assert.is(listed('results/small').get('energy.csv')?.run, first);
  assert.is.not(listed('results/small').get('overlap.csv')?.run, first);
  const whole = await run();
  assert.equal(currentFiles('results/small'), everything);
  assert.is(warnings(whole), '');
  assert.ok(summaryOf(whole).report?.endsWith('report.html'));
});

test('a target brings the table that single steps complete, and says what another lacks', async () => {
  await sandbox.write('small.yaml', workflow.replace('seed: 3', 'seed: 34'));
  const part = await run('overlap[*,*q_proj.weight]');
  assert.match(warnings(part), /^not made, for they need more steps than the targets: overlap\.csv \(\d+ more\)$/);
  assert.equal(currentFiles('results/small'), ['timeline.json']);
  const rest = await run('svd[*]', 'overlap[*]');
  assert.equal(currentFiles('results/small'), ['overlap.csv', 'timeline.json']);
  assert.match(warnings(rest), /energy\.csv, energy-by-tensor\.csv \(\d+ more\)/);
});

test('a table changed by hand, and a file that was there before, are put aside and named', async () => {
  await run();
  const energy = text('results/small/energy.csv');
  await sandbox.write('results/small/energy.csv', 'edited');
  const ended = await run();
  assert.match(warnings(ended), /energy\.csv in .* was changed since a run wrote it: moved to previous\/energy\.csv/);
  assert.is(text('results/small/energy.csv'), energy);
  assert.is(text('results/small/previous/energy.csv'), 'edited');
  mkdirSync(sandbox.path('results/mine/overlap.csv'), { recursive: true });
  for (const file of ['energy.csv', 'run.json', 'notes.txt']) await sandbox.write(`results/mine/${file}`, file);
  const mine = await run('--out', 'results/mine');
  assert.match(warnings(mine), /^energy\.csv, overlap\.csv in .* were not written by runflow: moved to previous\/$/m);
  assert.match(warnings(mine), /notes\.txt in .*: no results of runflow, left as they are/);
  assert.is(text('results/mine/previous/run.json'), 'run.json');
  assert.ok(existsSync(sandbox.path('results/mine/previous/overlap.csv')));
  assert.is(text('results/mine/notes.txt'), 'notes.txt');
  assert.equal(recordOf('results/mine').foreign, [
    'notes.txt',
    'previous/energy.csv',
    'previous/overlap.csv',
    'previous/run.json',
  ]);
  assert.is(warnings(await run('--out', 'results/mine')), '');
});

test('results of other settings in a folder that --out names are put aside, not mixed', async () => {
  await run('--out', 'results/one');
  const energy = text('results/one/energy.csv');
  const ended = await run('--out', 'results/one', '--set', 'models.useful.seed=35', 'metrics.overlap');
  assert.match(
    warnings(ended),
    /^overlap\.csv, timeline\.json in .* are of a run with other settings: moved to previous\/$/m,
  );
  assert.is(text('results/one/energy.csv'), energy);
  await run('--out', 'results/one', '--set', 'models.useful.seed=35');
  assert.is(text('results/one/previous/energy.csv'), energy);
  assert.equal(currentFiles('results/one'), everything);
});

test('the report tells of the run that made it, and a run with nothing to do leaves it and its timeline alone', async () => {
  const own = workflow.replace('seed: 3', 'seed: 37');
  await sandbox.write('small.yaml', own);
  await run();
  const [page, timeline] = [text('results/small/report.html'), text('results/small/timeline.json')];
  assert.match(page, 'These are the first results in this folder: ');
  assert.match(page, '<code>runflow run small.yaml</code>');
  const ran = (timed: string) =>
    (JSON.parse(timed).traceEvents as { ph: string; name: string }[]).flatMap(({ ph, name }) =>
      ph === 'X' ? [name] : [],
    );
  assert.ok(ran(timeline).includes('report'));
  const idle = await run();
  assert.is(summaryOf(idle).ran, 0);
  assert.ok(idle.events.every((event) => event.type !== 'result' || !event.changed));
  assert.equal([text('results/small/report.html'), text('results/small/timeline.json')], [page, timeline]);
  assert.is(listed('results/small').get('report.html')!.current, true);
  await sandbox.write('small.yaml', own.replace('fractions: [0.1, 0.5]', 'fractions: [0.1, 0.4]'));
  const changed = await run();
  const now = text('results/small/report.html');
  assert.match(now, /Since the results of <time datetime="[^"]+">/);
  assert.match(now, /Other content: energy\.csv, energy-by-tensor\.csv, figures/);
  assert.equal(ran(text('results/small/timeline.json')).length, summaryOf(changed).ran);
  await sandbox.write('results/small/report.html', 'edited');
  const mended = await run();
  assert.match(
    warnings(mended),
    /report\.html in .* was changed since a run wrote it: moved to previous\/report\.html/,
  );
  assert.match(text('results/small/report.html'), 'Nothing ran: all ');
});

test('results never go to the current folder, one above it, the store or a file', async () => {
  await sandbox.write('occupied', 'a file');
  for (const out of ['.', '..', '/', sandbox.store, `${sandbox.store}/objects/x`, 'occupied', 'small.yaml']) {
    const refused = await sandbox.runflow(['run', 'small.yaml', '--json', '--out', out]);
    assertOneScreen(refused, 2);
    assert.equal(refused.events, [], out);
    assert.match(refused.stderr, /^error: .*\n {2}.*\n$/, out);
  }
});

test('a folder in the results folder that is a link is refused before any step, and nothing is written through it', async () => {
  const store = sandbox.withStore(sandbox.path('store-of-links'));
  const elsewhere = sandbox.path('elsewhere-of-links');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'energy.svg'), 'of somebody else');
  for (const name of ['figures', 'tables', 'previous']) {
    mkdirSync(sandbox.path('results/small'), { recursive: true });
    symlinkSync(elsewhere, sandbox.path('results/small', name));
    const refused = await store.runflow(['run', 'small.yaml', '--json']);
    assert.is(refused.status, 2, refused.stderr);
    assert.match(refused.stderr, `${name} in it is a link to ${elsewhere}`);
    assert.is(summaryOf(refused).ran, 0);
    assert.equal(readdirSync(sandbox.path('results/small')), [name]);
    rmSync(sandbox.path('results'), { recursive: true });
  }
  assert.equal(readdirSync(elsewhere), ['energy.svg']);
  // What an earlier run left is not moved or removed through a link that was made since.
  await run();
  renameSync(sandbox.path('results/small/figures'), join(elsewhere, 'figures'));
  symlinkSync(join(elsewhere, 'figures'), sandbox.path('results/small/figures'));
  await sandbox.write('small.yaml', `${workflow}report: { figures: [] }\n`);
  const moved = await sandbox.runflow(['run', 'small.yaml', '--json']);
  assert.is(moved.status, 2, moved.stderr);
  assert.is(readdirSync(join(elsewhere, 'figures')).length, 4);
  assert.not.ok(existsSync(sandbox.path('results/small/previous')));
  // The results folder itself may be one.
  rmSync(sandbox.path('results/small'), { recursive: true });
  symlinkSync(elsewhere, sandbox.path('results/small'));
  await run();
  assert.ok(existsSync(join(elsewhere, 'run.json')));
});

test('two runs at once into one folder leave it whole, with a record of both', async () => {
  await run();
  await sandbox.write('small.yaml', workflow.replace('seed: 3', 'seed: 36'));
  await Promise.all([run('metrics.overlap'), run('sweeps.parallel'), run('metrics.overlap')]);
  const last = listed('results/small');
  assert.is(last.size, everything.length);
  await run();
  assert.equal(currentFiles('results/small'), everything);
  assert.equal(
    readdirSync(sandbox.path('results/small')).sort(),
    [...new Set(everything.map((file) => file.split('/')[0]!)), 'run.json'].sort(),
    'nothing half written is left',
  );
});

test.run();
