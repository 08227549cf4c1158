import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ModuleTask } from '../../../src/programs/module-task.js';

const test = suite<{ folder: string }>('the process of a module');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'runflow-module-'));
  for (const name of ['inputs', 'outputs']) mkdirSync(join(context.folder, name));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const host = fileURLToPath(new URL('../../../src/programs/module-host.js', import.meta.url));
const task: ModuleTask = {
  module: './m.mjs',
  output: { kind: 'scores', file: 'scores.jsonl', own: 'tone' },
  models: [],
  datasets: [],
};

/** Runs a module of this text in the folder: the exit code, and what is said on stderr. */
function ended(folder: string, text: string, files: Readonly<Record<string, string>> = {}) {
  for (const [name, content] of Object.entries({ ...files, 'm.mjs': text })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  rmSync(join(folder, 'outputs', 'scores.jsonl'), { force: true });
  const { status, stderr } = spawnSync(process.execPath, [host, JSON.stringify(task)], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, said: stderr.trimEnd() };
}

const body = (text: string) => `import fs from 'node:fs'; export default () => { ${text} };`;
const writing = String.raw`fs.writeFileSync('outputs/scores.jsonl', '{"tone":1}\n');`;

test('what runflow finds amiss with a module is told in one line, without its own code', ({ folder }) => {
  for (const [text, said] of [
    [
      body('return new Promise(() => {})'),
      './m.mjs: its promise never settled, and nothing is left that could settle it',
    ],
    ['await new Promise(() => {});', './m.mjs: its promise never settled, and nothing is left that could settle it'],
    [body('return [NaN]'), './m.mjs: score 0 holds NaN, which is no finite number'],
    [body('return [undefined]'), './m.mjs: score 0 is undefined'],
    [body("return ['high']"), './m.mjs: score 0 is a string'],
    [body('return [1n]'), './m.mjs: score 0 is a bigint'],
    [
      body('return [{ tone: 1n }]'),
      './m.mjs: score 0 cannot be written as JSON: Do not know how to serialize a BigInt',
    ],
    [
      body('return [{ tone: 1, more: { by: new Map([[1, 2]]) } }]'),
      './m.mjs: score 0 holds a value of the type Map, which JSON does not have',
    ],
    [
      body('return [{ tone: Promise.resolve(1) }]'),
      './m.mjs: score 0 holds a value of the type Promise, which JSON does not have',
    ],
    [
      body('return [{ tone: 1, more: new Number(NaN) }]'),
      './m.mjs: score 0 holds a value of the type Number, which JSON does not have',
    ],
    [
      body('return [{ tone: 1, more: () => 1 }]'),
      './m.mjs: score 0 holds a value of the type function, which JSON does not have',
    ],
    [
      body('return [{ tone: 1, more: [1, undefined] }]'),
      './m.mjs: score 0 holds a list with undefined: write null, or leave it out',
    ],
    ['export const tone = 1;', './m.mjs has no function as its default export'],
    ['throw undefined;', './m.mjs threw undefined, which is no error'],
    [body('throw undefined'), './m.mjs threw undefined, which is no error'],
    [
      body('process.exit(0)'),
      './m.mjs ended its process before its result was written: return instead of process.exit()',
    ],
    [
      body(`${writing} process.exit(0)`),
      './m.mjs ended its process before its result was written: return instead of process.exit()',
    ],
    [body(`${writing} return [1]`), './m.mjs wrote outputs/scores.jsonl itself: it must return what belongs there'],
  ] as const)
    assert.equal(ended(folder, text), { status: 1, said }, text);
});

test('an import that the working folder does not hold is to be named under files', ({ folder }) => {
  const what = 'the working folder holds only the module and the files of its command. Name it under files.';
  for (const [text, said] of [
    ["import './lib/pitch.js';", `Cannot find module 'lib/pitch.js' imported from m.mjs: ${what}`],
    [body("return import('./lib/pitch.js')"), `Cannot find module 'lib/pitch.js' imported from m.mjs: ${what}`],
    ["import 'pitch';", `Cannot find package 'pitch' imported from m.mjs: ${what}`],
    [
      "import { createRequire } from 'node:module'; createRequire(import.meta.url)('./pitch.cjs');",
      `Cannot find module './pitch.cjs': ${what}`,
    ],
  ] as const)
    assert.equal(ended(folder, text), { status: 1, said }, text);
});

test("a module's own errors have their stack and what they hold, without frames of runflow", ({ folder }) => {
  const own = ended(
    folder,
    body("throw Object.assign(new Error('off', { cause: new TypeError('deep') }), { pitch: 7 })"),
  );
  assert.is(own.status, 1);
  assert.match(own.said, /^Error: off\n {4}at .*m\.mjs:1:\d+\) \{\n {2}pitch: 7,\n {2}\[cause\]: TypeError: deep/);
  assert.not.match(own.said, /module-host/);
  const syntax = ended(folder, "import './lib/pitch.mjs';", { 'lib/pitch.mjs': '\nlet pitch = = 1;\n' });
  assert.is(syntax.status, 1);
  assert.match(syntax.said, /lib\/pitch\.mjs:2\nlet pitch = = 1;\n/);
  assert.not.match(syntax.said, /module-host/);
});

test('an error that comes after a module has returned is an error of it, too', ({ folder }) => {
  for (const late of [
    "setTimeout(() => { throw new Error('late'); }, 100);",
    "setTimeout(() => { throw new Error('late'); }, 0);",
    "Promise.reject(new Error('late'));",
    "setTimeout(() => Promise.reject(new Error('late')), 100);",
  ]) {
    const { status, said } = ended(folder, body(`${late} return [1]`));
    assert.is(status, 1, late);
    assert.match(said, /^Error: late\n/, late);
  }
  assert.equal(ended(folder, body('setInterval(() => {}, 50); return [1, null]')), { status: 0, said: '' });
  const lines = readFileSync(join(folder, 'outputs', 'scores.jsonl'), 'utf8');
  assert.is(lines, '{"tone":1}\n{"tone":null}\n');
});

test.run();
