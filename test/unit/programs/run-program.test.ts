import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EnvironmentError, InterruptedError } from '../../../src/diagnostics/errors.js';
import { ProgramError } from '../../../src/programs/program-error.js';
import { escaping, isRunning, ProgramLab } from './program-lab.js';

const test = suite<{ lab: ProgramLab }>('programs of the user');
test.before.each(async (context) => {
  context.lab = await ProgramLab.make();
});
test.after.each(({ lab }) => rm(lab.root, { recursive: true, force: true }));

async function failureOf(work: Promise<unknown>): Promise<ProgramError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ProgramError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const pidsIn = (lab: ProgramLab) => readFileSync(join(lab.folder.outputs, 'pids'), 'utf8').split(' ').map(Number);

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never held');
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

test('a program runs in its folder with the variables that it needs and is given, and with no others', async ({
  lab,
}) => {
  process.env.SOMETHING_ELSE = 'kept away';
  await lab.node('console.log(process.cwd()); console.log(JSON.stringify(process.env))', {
    variables: { TONE_KEY: 'k1' },
  });
  const [folder, text] = lab.output.split('\n') as [string, string];
  assert.is(folder, lab.folder.path);
  const variables = JSON.parse(text) as Record<string, string>;
  assert.is(variables.TONE_KEY, 'k1');
  assert.is(variables.PATH, process.env.PATH);
  assert.is(variables.TMPDIR, lab.folder.temporary);
  assert.is(variables.LC_ALL, 'C.UTF-8');
  assert.not.ok('SOMETHING_ELSE' in variables);
});

test('arguments reach a program as they are: there is no shell', async ({ lab }) => {
  const odd = ['a b', '$HOME', '`id`', '; rm -rf x', '*', '"', "'", '', 'ä\n'];
  await lab.run(['node', '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...odd], {
    timeoutSeconds: 60,
    variables: {},
    outputBytes: 1000,
  });
  assert.equal(JSON.parse(lab.output), odd);
});

test('a program that fails says so with its exit code and the end of what it printed to stderr', async ({ lab }) => {
  const error = await failureOf(
    lab.node(
      'for (let i = 0; i < 100; i++) console.error("line " + i); console.error("\\x1b[31mred"); process.exit(3)',
    ),
  );
  assert.is(error.message, 'the program ended with exit code 3');
  assert.match(error.hint!, /line 99\n\\u001b\[31mred$/);
  assert.not.match(error.hint!, /line 80\n/);
  assert.match((await failureOf(lab.node('process.kill(process.pid, "SIGSEGV")'))).message, /was killed by SIGSEGV/);
});

test('values of named variables are in no message, wherever it is cut', async ({ lab }) => {
  const variables = { TONE_KEY: 'sk-0123456789', CERT: '-----BEGIN-----\nabcdefgh\n-----END-----' };
  const error = await failureOf(
    lab.node('console.error("key " + process.env.TONE_KEY + " " + process.env.CERT); process.exit(1)', { variables }),
  );
  assert.is(error.hint, 'It last said:\nkey [TONE_KEY] [CERT]');
  const cut = await failureOf(
    lab.node('process.stderr.write("sk-0123456789".repeat(9000)); process.exitCode = 1', { variables }),
  );
  assert.not.match(cut.hint!, /0123|6789/);
});

test('a program that cannot be started, or is not there, is an error', async ({ lab }) => {
  const options = { timeoutSeconds: 9, variables: {}, outputBytes: 1000 };
  assert.match((await failureOf(lab.run(['./nothing'], options))).message, /cannot be started: /);
  const missing = await lab.run(['no-such-program'], options).catch((error: unknown) => error);
  assert.instance(missing, EnvironmentError);
});

test('a program that takes too long is killed with all that it has started', async ({ lab }) => {
  const error = await failureOf(lab.node(escaping('setInterval(() => {}, 1000)'), { timeoutSeconds: 1 }));
  assert.is(error.message, 'the program took longer than 1 s');
  assert.equal(pidsIn(lab).filter(isRunning), []);
});

test('what a program leaves running is killed when it ends', async ({ lab }) => {
  await lab.node(escaping('process.exit(0)'));
  assert.equal(pidsIn(lab).filter(isRunning), []);
});

/** Starts a process that nothing tells from others: it has no mark, a session of its own, and holds the streams. */
const daemonising = (then: string) => escaping(then).replace("stdio: 'ignore'", "stdio: 'inherit', env: {}");

test('a process that escapes and holds stdout does not keep its run waiting', async ({ lab }) => {
  for (const [then, options, message] of [
    ['process.exit(0)', {}, undefined],
    ['setInterval(() => {}, 1000)', { timeoutSeconds: 1 }, 'the program took longer than 1 s'],
  ] as const) {
    const begun = performance.now();
    const error = await lab.node(daemonising(`console.log('said');${then}`), options).catch((thrown: Error) => thrown);
    const [own, escaped] = pidsIn(lab) as [number, number];
    try {
      assert.is((error as Error | undefined)?.message, message);
      assert.ok(performance.now() - begun < 15_000);
      assert.not.ok(isRunning(own));
      assert.ok(isRunning(escaped), 'what this test is about holds the stream still');
      assert.match(lab.output, /said/);
    } finally {
      process.kill(escaped, 'SIGKILL');
    }
  }
});

test('a program that holds up the process that watches over it is killed all the same', async ({ lab }) => {
  const stopping =
    "require('node:fs').writeFileSync('outputs/pids', String(process.pid)); process.kill(process.ppid, 'SIGSTOP');";
  const error = await failureOf(lab.node(`${stopping} setInterval(() => {}, 1000)`, { timeoutSeconds: 1 }));
  assert.is(error.message, 'the program took longer than 1 s');
  assert.equal(pidsIn(lab).filter(isRunning), []);
});

test('a run that is stopped while an earlier one is cleared away starts nothing', async ({ lab }) => {
  const stop = new AbortController();
  const running = lab.node("require('node:fs').writeFileSync('outputs/ran', '')", { signal: stop.signal });
  stop.abort();
  assert.instance(await running.catch((error: unknown) => error), InterruptedError);
  assert.not.ok(existsSync(join(lab.folder.outputs, 'ran')));
});

test('a program that writes without end is stopped', async ({ lab }) => {
  const writing = 'const fs = require("node:fs"); for (;;) fs.appendFileSync("outputs/big", Buffer.alloc(1 << 16))';
  assert.is((await failureOf(lab.node(writing))).message, 'the program wrote more than 1 MiB');
  const elsewhere = writing.replace('"outputs/big"', 'process.env.TMPDIR + "/big"');
  assert.is((await failureOf(lab.node(elsewhere))).message, 'the program wrote more than 1 MiB');
});

test('a program that is stopped leaves nothing running', async ({ lab }) => {
  const stop = new AbortController();
  const running = lab.node(escaping('setInterval(() => {}, 1000)'), { signal: stop.signal });
  const ended = running.catch((error: unknown) => error);
  await until(() => existsSync(join(lab.folder.outputs, 'pids')) && pidsIn(lab).length === 2);
  stop.abort();
  assert.instance(await ended, InterruptedError);
  assert.equal(pidsIn(lab).filter(isRunning), []);
});

test('when whoever runs it is killed, a program and all that it has started is killed', async ({ lab }) => {
  const script = fileURLToPath(new URL('./run-for-ever.js', import.meta.url));
  const runner = spawn(process.execPath, [script, lab.root], { stdio: 'ignore' });
  const pids = () => join(lab.root, 'killed', 'work', 'outputs', 'pids');
  await until(() => existsSync(pids()) && readFileSync(pids(), 'utf8').split(' ').length === 2);
  const started = readFileSync(pids(), 'utf8').split(' ').map(Number);
  assert.ok(started.every(isRunning));
  runner.kill('SIGKILL');
  await until(() => !started.some(isRunning));
});

test.run();
