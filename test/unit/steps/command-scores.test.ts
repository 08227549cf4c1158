import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeRows } from '../../../src/data/row.js';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { Artifacts } from '../../../src/formats/artifact.js';
import { digestOf } from '../../../src/formats/digest.js';
import type { JsonObject } from '../../../src/formats/json.js';
import type { Scores } from '../../../src/steps/scores.js';
import { scoreByProgram } from '../../../src/worker/steps/command-scores.js';
import { MemoryContext } from './memory-context.js';

const test = suite<{ folder: string }>('scores of a program');
test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'runflow-scores-'));
});
test.after.each(({ folder }) => rm(folder, { recursive: true, force: true }));

const rows = [
  { prompt: 'one', kind: 'a' },
  { prompt: 'two', kind: 'b' },
  { prompt: 'three', kind: 'c' },
];
const responses = [
  { prompt: 'Q one', response: 'yes' },
  { prompt: 'Q two', response: '' },
];

interface Given {
  readonly params?: JsonObject;
  readonly hints?: { readonly timeoutSeconds?: number; readonly outputBytes?: number };
  readonly inputs?: Readonly<Record<string, Uint8Array>>;
  readonly nodes?: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>;
}

/** A step whose program is a Node program of this text. */
function stepOf(folder: string, text: string, { params = {}, hints = {}, inputs = {}, nodes = {} }: Given) {
  const objects = new Map<string, Uint8Array>();
  const artifact = (bytes: Uint8Array) => {
    const digest = digestOf(bytes);
    objects.set(digest, bytes);
    return { digest, bytes: bytes.length };
  };
  const all: Record<string, Artifacts> = {};
  for (const [name, bytes] of Object.entries(inputs)) all[name] = { one: artifact(bytes) };
  for (const [name, outputs] of Object.entries(nodes)) {
    all[name] = Object.fromEntries(Object.entries(outputs).map(([output, bytes]) => [output, artifact(bytes)]));
  }
  const whole = { program: { run: ['node', '-e', text] }, scores: ['score'], ...params };
  const context = new MemoryContext(whole, all, objects);
  context.scratchFolder = folder;
  context.hints = { timeoutSeconds: 60, outputBytes: 1 << 20, ...hints } as never;
  return { context, objects };
}

async function scoresOf(folder: string, text: string, given: Given = {}) {
  const { context, objects } = stepOf(folder, text, given);
  await scoreByProgram(context);
  assert.equal(readdirSync(folder), [], 'the working folder is removed');
  const parsed = (output: string) => {
    const artifact = context.outputs[output];
    return artifact && Buffer.from(objects.get(artifact.digest)!).toString();
  };
  return { scores: JSON.parse(parsed('scores')!) as Scores, items: parsed('items'), lines: context.lines };
}

async function failure(folder: string, text: string, given: Given = {}): Promise<DataError> {
  const error = await scoreByProgram(stepOf(folder, text, given).context).catch((thrown: unknown) => thrown);
  assert.instance(error, DataError);
  assert.equal(readdirSync(folder), [], 'the working folder is removed');
  return error as DataError;
}

const ofResponses: Given = {
  params: { prompt: 'prompt' },
  inputs: { rows: encodeRows(rows), responses: encodeRows(responses) },
};
const write = (...lines: readonly string[]) =>
  `require('node:fs').writeFileSync('outputs/scores.jsonl', ${JSON.stringify(lines.map((line) => `${line}\n`).join(''))});`;

test('responses are given with their rows, and scored one by one', async ({ folder }) => {
  const program = `
    const fs = require('node:fs');
    const given = fs.readFileSync('inputs/responses.jsonl', 'utf8').trimEnd().split('\\n').map((line) => JSON.parse(line));
    console.log(JSON.stringify(given));
    fs.writeFileSync('outputs/scores.jsonl', given.map((one) => JSON.stringify({ item: one.item, score: one.response.length, tag: one.row.kind }) + '\\n').join(''));`;
  const { scores, items, lines } = await scoresOf(folder, program, ofResponses);
  assert.equal(scores, { values: [3, 0] });
  assert.equal(JSON.parse(lines[0]!), [
    { item: 0, prompt: 'one', given: 'Q one', response: 'yes', row: rows[0] },
    { item: 1, prompt: 'two', given: 'Q two', response: '', row: rows[1] },
  ]);
  assert.equal(
    items!
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { prompt: 'Q one', response: 'yes', score: 3, said: { tag: 'a' } },
      { prompt: 'Q two', response: '', score: 0, said: { tag: 'b' } },
    ],
  );
});

test('further scores have names, a range holds for all, and null is an item without a score', async ({ folder }) => {
  const params = { prompt: 'prompt', scores: ['tone', 'warmth'], bounds: [0, 1] };
  const text = write('{"tone": 0.5, "warmth": 1}', '{"tone": null, "warmth": 0}');
  const { scores, items } = await scoresOf(folder, text, { ...ofResponses, params });
  assert.equal(scores, {
    values: [0.5, null],
    bounds: [0, 1],
    named: { warmth: { values: [1, 0], bounds: [0, 1] } },
  });
  assert.match(items!, /"score":0.5,"scores":\{"tone":0.5,"warmth":1\}/);
});

test('rows are given up to the limit, files of the program and datasets by their names, and none are writable', async ({
  folder,
}) => {
  const program = `
    const fs = require('node:fs');
    const names = (folder) => fs.readdirSync(folder, { recursive: true }).sort().join(' ');
    console.log(names('.'));
    console.log(fs.readFileSync('inputs/rows.jsonl', 'utf8').split('\\n').length - 1, fs.readFileSync('inputs/words.jsonl', 'utf8').trim(), fs.readFileSync('lib/a.txt', 'utf8'));
    ${write('{"score": 1}', '{"score": 2}')}`;
  const { lines } = await scoresOf(folder, program, {
    params: { rows: { limit: 2 }, with: { words: 'dataset' } },
    inputs: { rows: encodeRows(rows), 'with/words': encodeRows([{ word: 'w' }]) },
    nodes: { program: { 'file/lib/a.txt': Buffer.from('text of a') } },
  });
  assert.is(lines[0], 'inputs inputs/rows.jsonl inputs/words.jsonl lib lib/a.txt outputs');
  assert.is(lines[1], '2 {"word":"w"} text of a');
});

test('without items any number of lines but none is taken', async ({ folder }) => {
  assert.equal((await scoresOf(folder, write('{"score": 7}'))).scores, { values: [7] });
  assert.equal((await scoresOf(folder, write('{"score": 7}', '{"score": 8}'))).scores.values, [7, 8]);
  assert.match((await failure(folder, write())).message, /has 0 lines, and there must be at least one/);
});

test('what is wrong with scores is told with its line', async ({ folder }) => {
  const of = async (...lines: readonly string[]) => (await failure(folder, write(...lines), ofResponses)).message;
  assert.is(await of('{"score": 1}'), 'outputs/scores.jsonl has 1 lines, and there must be 2: one an item');
  assert.match(await of('{"score": 1}', '{"score": NaN}'), /^outputs\/scores\.jsonl, line 2 holds NaN or infinity/);
  assert.match(await of('{"score": -Infinity}', '{"score": 1}'), /line 1 holds NaN or infinity/);
  assert.match(await of('{"score": 1e999}', '{"score": 1}'), /line 1 holds NaN or infinity/);
  assert.match(await of('{"score": "1"}', '{"score": 1}'), /line 1: "score" is "1", which is no number/);
  assert.match(await of('{"score": true}', '{"score": 1}'), /line 1: "score" is true, which is no number/);
  assert.match(await of('{"points": 1}', '{"score": 1}'), /line 1 has no "score"/);
  assert.match(await of('[1]', '{"score": 1}'), /line 1 is not an object/);
  assert.match(await of('{"score": 1', '{"score": 1}'), /line 1 cannot be read as JSON: text ends where \} should be/);
  assert.match(await of('{"score": 1, "item": 1}', '{"score": 1}'), /line 1 is of item 1, and must be of item 0/);
  assert.match(await of('{"constructor": 1}', '{"score": 1}'), /line 1 has no "score"/);
  const params = { prompt: 'prompt', bounds: [0, 1] };
  const outside = await failure(folder, write('{"score": 1}', '{"score": 1.5}'), { ...ofResponses, params });
  assert.match(outside.message, /line 2: "score" is 1\.5, which is not in the range of the metric, 0 to 1/);
});

test('a line is read as data are: no key twice, no number that is not the one in the file', async ({ folder }) => {
  const of = async (...lines: readonly string[]) => (await failure(folder, write(...lines), ofResponses)).message;
  assert.match(await of('{"score": 1, "score": 0}', '{"score": 1}'), /line 1 .*the key "score" stands twice/);
  assert.match(
    await of('{"score": 9007199254740993}', '{"score": 1}'),
    /line 1: "score" is 9007199254740993, an integer that no double holds exactly/,
  );
  const lines = ['{"score": 0.10000000000000000555, "id": 9007199254740993, "far": 1e400}', '{"score": 1e20}'];
  const { scores, items } = await scoresOf(folder, write(...lines), ofResponses);
  assert.equal(scores.values, [0.1, 1e20]);
  assert.match(items!, /"said":\{"id":"9007199254740993","far":"1e400"\}/);
});

test('lines beyond the items are counted and not kept', async ({ folder }) => {
  const many = `require('node:fs').writeFileSync('outputs/scores.jsonl', '{"score": 1}\\n{"score": 1}\\n' + '\\n'.repeat(900000))`;
  assert.match((await failure(folder, many, ofResponses)).message, /has 900002 lines, and there must be 2/);
});

test('a program that fails, leaves nothing, or leaves a link is an error with what it last said', async ({
  folder,
}) => {
  const failed = await failure(folder, 'console.error("no such tone"); process.exit(2)');
  assert.match(failed.message, /^node -e ".*" ended with exit code 2$/);
  assert.match(failed.hint!, /no such tone/);
  assert.match((await failure(folder, '1')).message, /ended without outputs\/scores\.jsonl/);
  await writeFile(join(folder, '..', 'runflow-secret'), '{"score": 1}');
  const link = "require('node:fs').symlinkSync('/tmp/runflow-secret', 'outputs/scores.jsonl')";
  assert.match((await failure(folder, link)).message, /left outputs\/scores\.jsonl, which is a link/);
  await rm(join(folder, '..', 'runflow-secret'));
});

test('a program that changes what it is given is found, as root too', async ({ folder }) => {
  const program = `
    const fs = require('node:fs');
    try { fs.chmodSync('inputs/rows.jsonl', 0o666); } catch {}
    fs.writeFileSync('inputs/rows.jsonl', '{"prompt": "other"}');
    ${write('{"score": 1}')}`;
  const given = { params: { rows: { limit: 1 } }, inputs: { rows: encodeRows(rows) } };
  assert.match(
    (await failure(folder, program, given)).message,
    /changed inputs\/rows\.jsonl: inputs are to be read only/,
  );
});

test('a program that writes too much, or too long, is stopped, and nothing of it is taken', async ({ folder }) => {
  const endless =
    'const fs = require("node:fs"); for (;;) fs.appendFileSync("outputs/scores.jsonl", "x".repeat(65536))';
  assert.match((await failure(folder, endless)).message, /wrote more than 1 MiB$/);
  const quick = `require('node:fs').writeFileSync('outputs/big', Buffer.alloc(2 << 20)); ${write('{"score": 1}')}`;
  assert.match((await failure(folder, quick)).message, /wrote more than 1 MiB$/);
  const slow = await failure(folder, 'setInterval(() => {}, 1000)', { hints: { timeoutSeconds: 1 } });
  assert.match(slow.message, /took longer than 1 s$/);
});

test('other bytes than those that were allowed are not run', async ({ folder }) => {
  const { context, objects } = stepOf(folder, write('{"score": 1}'), {
    nodes: { program: { 'file/a.js': Buffer.from('allowed') } },
  });
  objects.set(digestOf(Buffer.from('allowed')), Buffer.from('changed'));
  const error = await scoreByProgram(context).catch((thrown: unknown) => thrown);
  assert.match((error as Error).message, /a\.js was changed since the command was allowed/);
  assert.not.ok(existsSync(join(folder, 'command')));
});

test.run();
