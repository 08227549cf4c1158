import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

/** Output that nobody takes, and signals of the terminal: the work is done or stops cleanly, and the exit code says which. */
const test = suite('streams and signals');
if (process.platform !== 'linux') process.exit(0); // The shell lines below need /dev/full and /proc.
const runflow = `${process.execPath} ${fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url))}`;
let sandbox: Sandbox;
test.before(async () => {
  sandbox = await Sandbox.make();
  await sandbox.write('small.yaml', smallWorkflow);
});
test.after(() => sandbox.remove());

/** Runs a line of bash; the outcome of the pipeline's first command counts. */
function bash(line: string, environment: Record<string, string> = {}) {
  const child = spawn('bash', ['-c', line.replaceAll('runflow', runflow)], {
    cwd: sandbox.folder,
    env: { ...process.env, RUNFLOW_STORE: sandbox.store, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (output += part));
  const ended = new Promise<{ status: number | null; output: string }>((resolve) => {
    child.on('close', (status) => resolve({ status, output }));
  });
  return { child, ended, output: () => output };
}
const outcomeOfRun = (folder: string) => JSON.parse(readFileSync(sandbox.path(folder, 'run.json'), 'utf8')).outcome;

test('a run whose reader leaves, or has no output at all, goes on to its end', async () => {
  const lines = {
    piped: 'runflow run small.yaml --out piped | head -1; exit $PIPESTATUS',
    json: 'runflow run small.yaml --out json --json | head -1; exit $PIPESTATUS',
    closed: 'runflow run small.yaml --out closed >&-',
    nothing: 'runflow run small.yaml --out nothing <&- >&- 2>&-',
    errors: 'runflow run small.yaml --out errors 2>/dev/full',
  };
  for (const [folder, line] of Object.entries(lines)) {
    const { status, output } = await bash(line).ended;
    assert.is(status, 0, line + output);
    assert.is(outcomeOfRun(folder), 'done');
    assert.ok(existsSync(sandbox.path(folder, 'report.html')), line);
    assert.not.match(output, /^\s+at /m);
  }
});

test('output that is lost to a full disk is an error in words, and the work is done', async () => {
  const { status, output } = await bash('runflow run small.yaml --out full >/dev/full').ended;
  assert.is(status, 3, output);
  assert.match(output, /^error: the output cannot be written: ENOSPC/m);
  assert.is(outcomeOfRun('full'), 'done');
  for (const command of ['plan small.yaml --all', 'schema', 'cache ls', 'cache runs --json', '--help']) {
    const lost = await bash(`runflow ${command} >/dev/full`).ended;
    assert.is(lost.status, 3, command);
    assert.not.match(lost.output, /^\s+at /m);
  }
});

test('an exit code does not depend on the reader', async () => {
  await sandbox.write('broken.yaml', 'runflow: 1\nmodel: {}\n');
  for (const [command, expected] of [
    ['plan small.yaml --all', 0],
    ['schema', 0],
    ['cache ls', 0],
    ['validate small.yaml broken.yaml', 2],
  ] as const) {
    const { status, output } = await bash(`runflow ${command} 2>&1 | true; exit \${PIPESTATUS[0]}`).ended;
    assert.is(status, expected, command + output);
  }
});

const long = smallWorkflow.replace('hidden: 16', 'hidden: 96').replace('vocabulary: 20', 'vocabulary: 300');
/** A hang-up for the whole process group of a run that is at work. */
async function hangUp(line: string, environment: Record<string, string>) {
  await sandbox.write('long.yaml', long.replace('name: small', 'name: long'));
  const started = bash(line, environment);
  await new Promise<void>((resolve) => {
    const look = () => /"step-started","step":"svd/.test(started.output()) && resolve();
    started.child.stdout.on('data', look);
    started.child.on('close', () => resolve());
  });
  const tree = [started.child.pid!];
  for (const pid of tree) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    tree.push(...children.map(Number));
  }
  for (const pid of tree.reverse()) process.kill(pid, 'SIGHUP');
  return started.ended;
}

test('a run stops cleanly when its terminal is gone, and the next one goes on', async () => {
  const line = 'exec runflow run long.yaml --json --out hung-up';
  const { status, output } = await hangUp(line, { RUNFLOW_STORE: sandbox.path('store-1'), _: '' });
  assert.is(status, 130, output);
  assert.is(outcomeOfRun('hung-up'), 'interrupted');
});

test('a run under nohup, or of a script that ignores hang-ups, outlives its terminal, and its worker too', async () => {
  const lines = [
    'nohup runflow run long.yaml --json --out n',
    "trap '' HUP; runflow run long.yaml --json --out t; exit $?",
  ];
  for (const [index, line] of lines.entries()) {
    const { status, output } = await hangUp(line, { RUNFLOW_STORE: sandbox.path(`store-n${index}`) });
    assert.is(status, 0, output);
    assert.not.match(output, /"attempt":2/, 'the worker died of it');
  }
});

test('a run whose terminal is gone for good ends with its own exit code', async () => {
  // Its input stays the terminal, which `script` takes along when it is killed.
  const inner = "trap '' HUP; runflow run long.yaml --json --out t >t.log 2>t.err; echo $? >t.code";
  await sandbox.write('inner.sh', inner.replaceAll('runflow', runflow));
  const store = { RUNFLOW_STORE: sandbox.path('store-terminal') };
  await sandbox.write('long.yaml', long.replace('name: small', 'name: long'));
  const { child, ended } = bash('exec script -qc "bash inner.sh" /dev/null', store);
  const holds = (file: string, text: RegExp) =>
    existsSync(sandbox.path(file)) && text.test(readFileSync(sandbox.path(file), 'utf8'));
  const until = async (is: () => boolean) => {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(() => holds('t.log', /"step-started","step":"svd/));
  child.kill('SIGKILL');
  await ended;
  await until(() => holds('t.code', /\d\n/));
  assert.is(readFileSync(sandbox.path('t.code'), 'utf8'), '0\n', readFileSync(sandbox.path('t.err'), 'utf8'));
  assert.is(outcomeOfRun('t'), 'done');
});

test('without a home folder a run says where its things go', async () => {
  const { status, output } = await bash('env -u HOME -u RUNFLOW_STORE runflow cache du').ended;
  assert.is(status, 0, output);
  const empty = await bash('HOME= runflow cache du', { RUNFLOW_STORE: '' }).ended;
  assert.is(empty.status, 0, empty.output);
  assert.not.match(empty.output, new RegExp(sandbox.folder), 'an empty HOME is not the current folder');
});

test.run();
