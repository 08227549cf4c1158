import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PlanDescription } from '../../src/run/plan.js';
import { assertOneScreen, ranSteps, Sandbox } from '../sandbox.js';
import { escaping, isRunning } from '../unit/programs/program-lab.js';

const test = suite<{ sandbox: Sandbox; config: Readonly<Record<string, string>> }>('programs of the user');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  context.config = { XDG_CONFIG_HOME: context.sandbox.path('config') };
});
test.after.each(({ sandbox }) => sandbox.remove());

const models = `
models:
  base:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }
    seed: 1
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
updates: { alignment: { from: base, to: aligned } }
subspaces: { top-k: { kind: top-k, of: alignment } }`;

/** Weights of a Hugging Face folder, read without any library: the mean of their squares. */
const weigh = `
  const fs = require('node:fs');
  const bytes = fs.readFileSync('inputs/model/model.safetensors');
  const head = Number(bytes.readBigUInt64LE(0));
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 8 + head, bytes.byteOffset + bytes.length));
  const mean = numbers.reduce((sum, value) => sum + value * value, 0) / numbers.length;
  fs.writeFileSync('outputs/scores.jsonl', JSON.stringify({ score: mean }) + '\\n');
`;

const lab = (command: string, more = '') => `runflow: 1
name: lab${models}
sweeps:
  inside: { project: alignment, onto: top-k, mode: parallel, fractions: [0.5, 1], measure: [energy, weight] }
metrics:
  weight: { kind: command, command: ${command} }
${more}`;

const valueIn = (text: string, model: string, fraction = '') => {
  const row = text.split('\n').find((line) => line.startsWith(`${model},`) && line.split(',')[6] === fraction);
  return Number(row?.split(',')[8]);
};

test('a Node program scores models and the points of a sweep; only what changes runs again', async ({
  sandbox,
  config,
}) => {
  await sandbox.write('weigh.cjs', weigh);
  await sandbox.write('lab.yaml', lab('{ run: [node, weigh.cjs], version: [node, --version] }'));
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
  const table = await readFile(sandbox.path('results', 'lab', 'evaluation.csv'), 'utf8');
  const [base, aligned] = [valueIn(table, 'base'), valueIn(table, 'aligned')];
  assert.ok(base > 0 && Math.abs(aligned / base - 1) > 1e-4, table);
  // With all directions the projected model is the aligned one, in the program's folder too.
  assert.ok(Math.abs(valueIn(table, '', '1') / aligned - 1) < 1e-5, table);
  assert.ok(Math.abs(valueIn(table, '', '0.5') / aligned - 1) > 1e-6, table);
  assert.equal(readdirSync(join(sandbox.store, 'scratch')), []);

  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), []);
  await sandbox.write('weigh.cjs', `${weigh}\n// the same scores`);
  const again = ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config));
  assert.equal(again.map((id) => id.replace(/\[.*/, '')).sort(), [
    ...['command-made-scores', 'command-made-scores', 'command-scores', 'command-scores'],
  ]);
  await sandbox.write('unrelated.cjs', '');
  assert.equal(ranSteps(await sandbox.run(['lab.yaml', '--allow-commands'], config)), []);
});

test('what is not allowed is refused before anything is run, and validate and plan say what would run', async ({
  sandbox,
  config,
}) => {
  const marker = sandbox.path('ran');
  const version = `[node, -e, "require('fs').writeFileSync('${marker}', ''); console.log('v1')"]`;
  await sandbox.write('weigh.cjs', weigh);
  await sandbox.write('lab.yaml', lab(`{ run: [node, weigh.cjs], version: ${version}, env: [TONE_KEY] }`));
  const refused = await sandbox.runflow(['run', 'lab.yaml'], { ...config, TONE_KEY: 'k' });
  assertOneScreen(refused, 2);
  assert.match(refused.stderr, /runs programs that you have not allowed: metrics\.weight/);
  assert.match(refused.stderr, /--allow-commands/);
  assert.not.ok(existsSync(sandbox.store), 'nothing is written');

  const valid = await sandbox.runflow(['validate', 'lab.yaml'], config);
  assert.match(valid.stdout, /metrics\.weight: node weigh\.cjs \(not allowed yet\)/);
  assert.match(valid.stdout, /version: node -e/);
  assert.match(valid.stdout, /files: weigh\.cjs \(\d+ B\)/);
  assert.match(valid.stdout, /variables: TONE_KEY/);
  const planned = await sandbox.runflow(['plan', 'lab.yaml'], config);
  assert.match(planned.stdout, /metrics\.weight: node weigh\.cjs \(not allowed yet\)/);
  const plan = JSON.parse((await sandbox.runflow(['plan', 'lab.yaml', '--json'], config)).stdout) as PlanDescription;
  assert.equal(
    plan.commands.map(({ of, files, env, allowed }) => ({ of, files, env, allowed })),
    [{ of: 'metrics.weight', files: ['weigh.cjs'], env: ['TONE_KEY'], allowed: false }],
  );
  assert.not.ok(existsSync(marker), 'no version command was run');
  await sandbox.run(['lab.yaml', '--allow-commands'], { ...config, TONE_KEY: 'k' });
  assert.ok(existsSync(marker));
  const after = await sandbox.runflow(['plan', 'lab.yaml', '--all'], config);
  assert.match(after.stdout, /command-scores\[weight,base\]: its key is not known yet/);
});

test('a variable that is missing ends the run before it begins', async ({ sandbox, config }) => {
  await sandbox.write('weigh.cjs', weigh);
  await sandbox.write('lab.yaml', lab('{ run: [node, weigh.cjs], env: [TONE_KEY] }'));
  const ended = await sandbox.runflow(['run', 'lab.yaml', '--allow-commands'], config);
  assertOneScreen(ended, 3);
  assert.match(ended.stderr, /needs the environment variable TONE_KEY, which is not set/);
});

test('a program that is not there ends the run before it begins', async ({ sandbox, config }) => {
  await sandbox.write('weigh.cjs', weigh);
  for (const [program, said] of [
    ['nodde, weigh.cjs', /there is no program nodde in the folders of PATH/],
    ['node weigh.cjs', /there is no program node weigh\.cjs .*\n.*an item of its own: run: \[node, weigh\.cjs\]/],
    ['/no/such/node, weigh.cjs', /\/no\/such\/node is no program that can be started/],
  ] as const) {
    await sandbox.write('lab.yaml', lab(`{ run: [${program}] }`));
    const ended = await sandbox.runflow(['run', 'lab.yaml', '--json', '--allow-commands'], config);
    assert.is(ended.status, 3, ended.stderr);
    assert.match(ended.stderr, said);
    assert.not.ok(
      ended.events.some(({ type }) => type === 'step-started'),
      'no step ran',
    );
  }
});

test('half of a secret is in no message that cuts what a program wrote', async ({ sandbox, config }) => {
  const secret = 'sk-0123456789-0123456789-0123456789';
  for (const line of [
    "'x'.repeat(60) + process.env.TONE_KEY",
    "JSON.stringify({ score: 'x'.repeat(60) + process.env.TONE_KEY })",
  ]) {
    await sandbox.write('tell.cjs', `require('fs').writeFileSync('outputs/scores.jsonl', ${line} + '\\n');`);
    await sandbox.write('lab.yaml', lab('{ run: [node, tell.cjs], env: [TONE_KEY] }'));
    const ended = await sandbox.runflow(['run', 'lab.yaml', '--json', '--allow-commands'], {
      ...config,
      TONE_KEY: secret,
    });
    assert.is(ended.status, 1, ended.stderr);
    const said = JSON.stringify(ended.events);
    assert.match(said, 'outputs/scores.jsonl, line 1');
    assert.not.match(said, 'sk-0123');
  }
});

test('a secret is in no message, log or record, even of a program that prints it', async ({ sandbox, config }) => {
  const secret = 'sk-never-to-be-seen';
  await sandbox.write(
    'tell.cjs',
    'console.log(process.env.TONE_KEY); console.error(process.env.TONE_KEY); process.exit(1)',
  );
  await sandbox.write('lab.yaml', lab('{ run: [node, tell.cjs], env: [TONE_KEY] }'));
  const argv = ['run', 'lab.yaml', '--allow-commands', '--json'];
  const ended = await sandbox.runflow(argv, { ...config, TONE_KEY: secret });
  assert.is(ended.status, 1);
  const failed = ended.events.find((event) => event.type === 'step-failed');
  assert.match(failed?.type === 'step-failed' ? failed.hint! : '', /\[TONE_KEY\]/);
  assert.not.match(ended.stdout + ended.stderr, new RegExp(secret));
  await sandbox.write(
    'tell.cjs',
    `require('node:fs').writeFileSync('outputs/scores.jsonl', process.env.TONE_KEY + '\\n');`,
  );
  await sandbox.write('lab.yaml', `${lab('{ run: [node, tell.cjs], env: [TONE_KEY] }')}# ${secret}\n`);
  const left = await sandbox.runflow([...argv, '--keep-going'], { ...config, TONE_KEY: secret });
  const bad = left.events.find((event) => event.type === 'step-failed');
  assert.match(bad?.type === 'step-failed' ? bad.message : '', /line 1 cannot be read as JSON: .*: \[TONE_KEY\]/);
  assert.match(
    await readFile(sandbox.path('results', 'lab', 'run.json'), 'utf8'),
    /line 1 cannot be read as JSON: .*: \[TONE_KEY\]/,
  );
  assert.not.match(left.stdout + left.stderr, new RegExp(secret));
  const found = spawnSync('grep', ['-r', secret, sandbox.store, sandbox.path('results'), sandbox.path('config')]);
  assert.is(found.stdout.toString(), '');
});

test('a secret is not told either by what ends a run outside its steps', async ({ sandbox, config }) => {
  const secret = 'sk-never-to-be-seen';
  await sandbox.write('weigh.cjs', weigh);
  const version = `[node, -e, "console.error('${secret}'); process.exit(1)"]`;
  await sandbox.write('lab.yaml', lab(`{ run: [node, weigh.cjs], version: ${version}, env: [TONE_KEY] }`));
  const notified = sandbox.path('notified');
  await sandbox.write(
    'notify.cjs',
    `require('node:fs').writeFileSync('${notified}', require('node:fs').readFileSync(0))`,
  );
  const notify = JSON.stringify(['node', sandbox.path('notify.cjs')]);
  const argv = ['run', 'lab.yaml', '--allow-commands', '--notify', notify];
  const ended = await sandbox.runflow(argv, { ...config, TONE_KEY: secret });
  assert.is.not(ended.status, 0);
  assert.match(ended.stderr, /version command .*\[TONE_KEY\]/s);
  const told = ended.stdout + ended.stderr + (await readFile(notified, 'utf8'));
  assert.not.match(told, new RegExp(secret));
});

test('on a terminal it asks once, and again when a file changes', async ({ sandbox, config }) => {
  if (spawnSync('script', ['--version']).status !== 0) return console.log('skipped: no script(1) to have a terminal');
  await sandbox.write('weigh.cjs', weigh);
  await sandbox.write('lab.yaml', lab('{ run: [node, weigh.cjs] }'));
  const no = await onTerminal(sandbox, config, 'n');
  assert.match(no, /This workflow runs programs with your rights/);
  assert.match(no, /metrics\.weight: node weigh\.cjs/);
  assert.match(no, /Run them\? \[y\/N\]/);
  assert.match(no, /have not allowed: metrics\.weight/);
  assert.match(no, /exit 2/);
  assert.not.ok(existsSync(sandbox.store));
  assert.match(await onTerminal(sandbox, config, 'y'), /exit 0/);
  assert.not.match(await onTerminal(sandbox, config, ''), /Run them/);
  // Allowed once, it runs without a terminal.
  await sandbox.run(['lab.yaml'], config);
  await sandbox.write('weigh.cjs', `${weigh}\n`);
  assert.is((await sandbox.runflow(['run', 'lab.yaml'], config)).status, 2);
  assert.match(await onTerminal(sandbox, config, 'y'), /Run them\?[\s\S]*exit 0/);
});

test('--watch with --allow-commands runs no program that was edited meanwhile, unless that is allowed too', async ({
  sandbox,
  config,
}) => {
  const waits = /watching \d+ files? for changes/g;
  for (const changed of [false, true]) {
    await sandbox.write('weigh.cjs', weigh);
    await sandbox.write('lab.yaml', lab('{ run: [node, weigh.cjs] }'));
    const argv = ['run', 'lab.yaml', '--watch', '--allow-commands', ...(changed ? ['--allow-changed-commands'] : [])];
    const watching = sandbox.start(argv, config);
    let told = '';
    watching.child.stderr!.setEncoding('utf8').on('data', (part: string) => {
      told += part;
    });
    const looks = (count: number) => until(() => (told.match(waits) ?? []).length === count);
    await looks(1);
    const marker = sandbox.path(`ran-${changed}`);
    await sandbox.write('weigh.cjs', `require('node:fs').writeFileSync('${marker}', ''); ${weigh}`);
    await looks(2);
    assert.is(existsSync(marker), changed);
    if (!changed) {
      assert.match(told, /programs are not what you allowed when this began: metrics\.weight/);
      assert.match(told, /--allow-changed-commands/);
    }
    watching.child.kill('SIGINT');
    assert.is((await watching.ended).status, 130);
  }
  const alone = await sandbox.runflow(['run', 'lab.yaml', '--allow-commands', '--allow-changed-commands'], config);
  assertOneScreen(alone, 2);
  assert.match(alone.stderr, /--allow-changed-commands goes with --watch and --allow-commands/);
});

test('figures and tables of results are shown with --allow-commands where a version command is to run', async ({
  sandbox,
  config,
}) => {
  await sandbox.write('weigh.cjs', weigh);
  await sandbox.write('lab.yaml', lab('{ run: [node, weigh.cjs], version: [node, --version] }'));
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
  for (const argv of [
    ['figures', 'lab.yaml', '--to', 'drawn'],
    ['table', 'lab.yaml', 'energy'],
  ]) {
    assertOneScreen(await sandbox.runflow(argv, config), 2);
    const allowed = await sandbox.runflow([...argv, '--allow-commands'], config);
    assert.is(allowed.status, 0, allowed.stderr);
  }
});

test('a run that is killed leaves no program running, and the next one goes on', async ({ sandbox, config }) => {
  await sandbox.write('wait.cjs', escaping('setInterval(() => {}, 1000)'));
  await sandbox.write('lab.yaml', lab('{ run: [node, wait.cjs] }'));
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    const { child, ended } = sandbox.start(['run', 'lab.yaml', '--allow-commands'], config);
    const pids = await programsOf(sandbox);
    assert.ok(pids.every(isRunning));
    child.kill(signal);
    const { status } = await ended;
    if (signal === 'SIGINT') assert.is(status, 130);
    await until(() => !pids.some(isRunning));
  }
  await sandbox.write('wait.cjs', weigh);
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
});

test('scores of a program are judged by claims, and its further scores have rows', async ({ sandbox, config }) => {
  await sandbox.write(
    'two.cjs',
    `
    const fs = require('node:fs');
    const size = fs.statSync('inputs/model/model.safetensors').size;
    fs.writeFileSync('outputs/scores.jsonl', Array.from({ length: 20 }, (_, i) => JSON.stringify({ good: (i % 2) * 0.5, bad: size > 0 ? 1 : 0 }) + '\\n').join(''));`,
  );
  const claims = 'claims: { together: { kind: falling-together, sweep: inside, metrics: [weight, weight.bad] } }';
  const command = '{ run: [node, two.cjs] }, scores: [good, bad], range: [0, 1]';
  await sandbox.write('lab.yaml', lab(command, claims));
  await sandbox.run(['lab.yaml', '--allow-commands'], config);
  const table = await readFile(sandbox.path('results', 'lab', 'evaluation.csv'), 'utf8');
  assert.match(table, /^base,,,,,,,weight,0\.25,0\.\d+,0\.\d+,20,0,/m);
  assert.match(table, /^base,,,,,,,weight\.bad,1,0\.8\d+,1,20,0,/m);
  assert.match(await readFile(sandbox.path('results', 'lab', 'claims.csv'), 'utf8'), /^together,falling-together,/m);
});

const binary = fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url));

/** What a run prints on a terminal at which `answer` is typed when it asks. */
function onTerminal(sandbox: Sandbox, config: Readonly<Record<string, string>>, answer: string): Promise<string> {
  const child = spawn('script', ['-qec', `"${process.execPath}" "${binary}" run lab.yaml; echo exit $?`, '/dev/null'], {
    cwd: sandbox.folder,
    env: { ...process.env, RUNFLOW_STORE: sandbox.store, ...config, NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let answered = false;
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (answered || !text.includes('[y/N]')) return;
    answered = true;
    child.stdin.write(`${answer}\n`);
  });
  return new Promise((resolve) => child.on('close', () => resolve(text)));
}

/** Folders of the owners of a step, which another may be removing. */
function ownersOf(step: string): string[] {
  return existsSync(step) ? readdirSync(step).map((owner) => join(step, owner)) : [];
}

/** The processes of the program that runs now. */
async function programsOf(sandbox: Sandbox): Promise<number[]> {
  let pids: number[] = [];
  await until(() => {
    const scratch = join(sandbox.store, 'scratch');
    const owners = existsSync(scratch) ? readdirSync(scratch).flatMap((step) => ownersOf(join(scratch, step))) : [];
    for (const owner of owners) {
      const file = join(owner, 'command', 'work', 'outputs', 'pids');
      if (existsSync(file)) pids = readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
    }
    return pids.length === 2 && pids.every(isRunning);
  });
  return pids;
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never held');
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

test.run();
