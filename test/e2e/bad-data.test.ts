import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, ranSteps, Sandbox, summaryOf } from '../sandbox.js';

/** Data that is not what the workflow says: one short error each, the right exit code, and what was finished stays. */

const made = `
runflow: 1
name: made
models:
  base:
    init: { family: llama, hidden: 8, layers: 1, heads: 2, mlp: 8, vocabulary: 24 }
    seed: 1
    tokenizer: { words-of: good }
datasets: { good: { path: good.jsonl } }
`;

interface Written {
  readonly dataset: string;
  readonly model?: string;
  readonly recipe?: string;
}

/** A workflow that trains a model on good data and one on each of these. */
function workflow(bad: Readonly<Record<string, Written>>): string {
  const section = (lines: (name: string, written: Written) => string) =>
    Object.entries(bad).map(([name, written]) => `  ${name}: ${lines(name, written)}\n`);
  return `
runflow: 1
name: tuned
models:
  base: { path: base }
  good: { finetune: base, on: good, recipe: quick }
${section((name, { model }) => `{ finetune: ${model ? `from-${model}` : 'base'}, on: ${name}, recipe: ${name} }`).join('')}
${['mute', 'small', 'noeos'].map((model) => `  from-${model}: { path: ${model} }\n`).join('')}
datasets:
  good: { path: good.jsonl }
${section((_, { dataset }) => dataset).join('')}
recipes:
  quick: { lr: 1.0e-3, template: raw }
${section((_, { recipe = '' }) => `{ lr: 1.0e-3, template: raw${recipe} }`).join('')}
updates:
  good: { from: base, to: good }
${section((name) => `{ from: base, to: ${name} }`).join('')}
metrics:
  overlap: { kind: mso, pairs: [${Object.keys(bad).map((name) => `[good, ${name}]`)}], energies: [0.5] }
`;
}

const words = ['one', 'two', 'three', 'four', 'five'];
const rows = words.map((word, index) => ({ prompt: `say ${word} `, response: word, safe: index % 2 === 0 }));
const lines = rows.map((row) => JSON.stringify(row)).join('\n');
const packed = gzipSync(lines);
const parquet = Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'prompt', data: words, type: 'STRING' }] }));

const test = suite<{ box: Sandbox }>('bad data');
test.before(async (context) => {
  const box = await Sandbox.make();
  context.box = box;
  await box.write('good.jsonl', lines);
  await box.write('made.yaml', made);
  const exported = await box.runflow(['export', 'made.yaml', 'base', '--to', 'base']);
  assert.is(exported.status, 0, exported.stdout + exported.stderr);
  const files: Record<string, string | Uint8Array> = {
    'cut.jsonl.gz': packed.subarray(0, packed.length - 20),
    'page.jsonl': '<!DOCTYPE html>\n<html>Sign in</html>\n',
    'line.jsonl': `${lines}\n{"prompt": "say one `,
    'latin.jsonl': Buffer.from('{"prompt":"caf\xe9","response":"x"}\n', 'latin1'),
    'list.jsonl': '[1, 2]\n',
    'deep.jsonl': `${lines}\n{"prompt":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`,
    'empty.jsonl': '',
    'nulls.jsonl': '{"prompt":"say one ","response":null}\n',
    'long.jsonl': `${lines}\n${JSON.stringify({ prompt: 'say one ', response: words.join(' ').repeat(3) })}\n`,
    'ids.jsonl': '{"input_ids":[1,2,3]}\n{"input_ids":[4,99]}\n',
    'labels.jsonl': '{"input_ids":[1,2,3],"labels":[1]}\n',
    'rows.csv': 'prompt,response\n"say ""one"" ,one\n',
    'cut.parquet': parquet.subarray(0, parquet.length - 10),
    'pointer.parquet': 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 10\n',
    'notes.txt': 'say one',
  };
  await mkdir(box.path('data'));
  for (const [name, content] of Object.entries(files)) await writeFile(box.path('data', name), content);
  for (const model of ['mute', 'small', 'noeos']) {
    await box.runflow(['export', 'made.yaml', 'base', '--to', model]);
  }
  await rm(box.path('mute/tokenizer.json'));
  await writeFile(box.path('noeos/tokenizer_config.json'), '{}');
  // Another model's tokenizer: its ids go beyond this model's vocabulary.
  const large = made.replace('vocabulary: 24', 'vocabulary: 8000').replace('good.jsonl', 'many.jsonl');
  const many = Array.from({ length: 3000 }, (_, index) => `{"prompt":"word${index} ","response":"say"}`);
  await box.write('many.jsonl', many.join('\n'));
  await box.write('large.yaml', large);
  await box.runflow(['export', 'large.yaml', 'base', '--to', 'large']);
  await copyFile(box.path('large/tokenizer.json'), box.path('small/tokenizer.json'));
});
test.after(({ box }) => box.remove());

interface Case extends Written {
  /** Everything that the error must say, in its order. */
  readonly says: readonly string[];
}

/** What only shows when a step reads the data: exit code 1. */
const found: Readonly<Record<string, Case>> = {
  'a column that is not there': {
    dataset: '{ path: good.jsonl, columns: { prompt: question, response: response } }',
    says: ['rows[bad]', 'good.jsonl: there is no column "question"', 'The columns are: prompt, response, safe'],
  },
  'a column that only objects of JavaScript have': {
    dataset: '{ path: good.jsonl, columns: { prompt: prompt, response: constructor } }',
    says: ['rows[bad]', 'good.jsonl: there is no column "constructor"', 'The columns are: prompt, response, safe'],
  },
  'a row of lists in lists, 200,000 deep': {
    dataset: '{ path: data/deep.jsonl }',
    says: ['rows[bad]', 'deep.jsonl:6: not JSON: nested deeper than 100 levels'],
  },
  'a condition on a column that is not there': {
    dataset: '{ path: good.jsonl, where: { is_safe: false } }',
    says: ['rows[bad]', 'there is no column "is_safe"', 'The columns are: prompt, response, safe'],
  },
  'nothing left after filtering': {
    dataset: '{ path: good.jsonl, where: { response: six } }',
    says: ['rows[bad]', 'good.jsonl: none of the 5 rows meets {"response":"six"}', 'The first row is'],
  },
  'more rows asked for than there are': {
    dataset: '{ path: good.jsonl, where: { safe: true }, take: 4 }',
    says: ['rows[bad]', 'good.jsonl: 4 rows are asked for, there are 3'],
  },
  'an empty file': { dataset: '{ path: data/empty.jsonl }', says: ['rows[bad]', 'empty.jsonl: no rows'] },
  'rows without what training needs': {
    dataset: '{ path: good.jsonl, columns: { text: prompt } }',
    says: ['tokenise[bad]', 'datasets.bad: row 1: there is no column "prompt"', 'The columns are: text'],
  },
  'a response that is no text': {
    dataset: '{ path: data/nulls.jsonl }',
    says: ['tokenise[bad]', 'datasets.bad: row 1: column "response" holds null, not text'],
  },
  'a row over the limit': {
    dataset: '{ path: data/long.jsonl }',
    recipe: ', max-length: 8, overlong: error',
    says: ['tokenise[bad]', 'datasets.bad: row 6 has', 'more than the limit of 8', 'overlong: truncate'],
  },
  'responses that the limit cuts away whole': {
    dataset: '{ path: good.jsonl }',
    recipe: ', max-length: 1',
    says: ['tokenise[bad]', 'datasets.bad: no token is left to learn from in 5 rows'],
  },
  'a tokenizer of another model': {
    dataset: '{ path: many.jsonl }',
    model: 'small',
    says: ['tokenise[bad]', 'datasets.bad: row', "is outside the model's vocabulary of 24", 'do not belong together'],
  },
  'a model without a tokenizer': {
    dataset: '{ path: good.jsonl }',
    model: 'mute',
    says: ['tokenise[bad]', 'mute has no tokenizer.json', 'Copy tokenizer.json'],
  },
  'a tokenizer without an end of sequence': {
    dataset: '{ path: good.jsonl }',
    model: 'noeos',
    says: ['tokenise[bad]', 'the tokenizer names no end-of-sequence token', 'eos: false'],
  },
  'ids outside the vocabulary': {
    dataset: '{ path: data/ids.jsonl }',
    says: ['tokenise[bad]', "datasets.bad: row 2: token id 99 is outside the model's vocabulary of 24"],
  },
  'labels that do not fit': {
    dataset: '{ path: data/labels.jsonl }',
    says: ['tokenise[bad]', 'datasets.bad: row 1: 3 input_ids and 1 labels'],
  },
  'a damaged gz file': {
    dataset: '{ path: data/cut.jsonl.gz }',
    says: ['rows[bad]', 'cut.jsonl.gz: the gz data is damaged or cut short', 'Download the file again'],
  },
  'a web page in place of data': {
    dataset: '{ path: data/page.jsonl }',
    says: ['rows[bad]', 'page.jsonl:1: not JSON', 'looks like a web page'],
  },
  'a file cut in a line': {
    dataset: '{ path: data/line.jsonl }',
    says: ['rows[bad]', 'line.jsonl:6: not JSON'],
  },
  'a line that is no object': {
    dataset: '{ path: data/list.jsonl }',
    says: ['rows[bad]', 'list.jsonl:1: a row must be an object of columns'],
  },
  'text that is not UTF-8': {
    dataset: '{ path: data/latin.jsonl }',
    says: ['rows[bad]', 'latin.jsonl:1: not UTF-8'],
  },
  'a table with a stray quote': { dataset: '{ path: data/rows.csv }', says: ['rows[bad]', 'rows.csv: '] },
  'a parquet file cut short': {
    dataset: '{ path: data/cut.parquet }',
    says: ['rows[bad]', 'cut.parquet: not a parquet'],
  },
  'a Git LFS pointer': {
    dataset: '{ path: data/pointer.parquet }',
    says: ['rows[bad]', 'pointer.parquet: not a parquet', 'looks like a Git LFS pointer', 'git lfs pull'],
  },
  'a mix that asks for more than a part has': {
    dataset: '{ mix: { good: 9 } }',
    says: ['mix[bad]', '9 rows of "good" are asked for, it has 5'],
  },
};

/** What shows before anything runs: exit code 2. */
const refused: Readonly<Record<string, Case>> = {
  'a file that is not there': {
    dataset: '{ path: data/lost.jsonl }',
    says: ['tuned.yaml:', 'dataset bad: there is nothing at', 'lost.jsonl', 'Paths are relative'],
  },
  'a named file that is not there': {
    dataset: '{ path: data, files: [ids.jsonl, lost.jsonl] }',
    says: ['tuned.yaml:', 'dataset bad: ', 'holds no lost.jsonl', 'ids.jsonl'],
  },
  'a file of a kind that is not read': {
    dataset: '{ path: data/notes.txt }',
    says: ['tuned.yaml:', 'dataset bad: ', 'notes.txt is not a dataset file by its name', '.jsonl'],
  },
};

function saysInOrder(text: string, says: readonly string[]): void {
  let from = 0;
  for (const part of says) {
    const at = text.indexOf(part, from);
    assert.ok(at >= 0, `${part} is missing in ${text}`);
    from = at + part.length;
  }
}

/** The step that a case is about, with its dataset under another name. */
const stepOf = ([step]: readonly string[], name: string) => step!.replace(/\[.*/, `[${name}]`);

test('bad data of every kind fails its own step and nothing else, shortly and by name', async ({ box }) => {
  const bad = Object.fromEntries(Object.values(found).map((written, index) => [`bad-${index}`, written]));
  await box.write('tuned.yaml', workflow(bad));
  const ended = await box.runflow(['run', 'tuned.yaml', 'tokenise[*]', '--keep-going', '--json']);
  assert.is(ended.status, 1, ended.stderr);
  const failures = new Map(
    ended.events.flatMap((event) => (event.type === 'step-failed' ? [[event.step, event]] : [])),
  );
  for (const [index, what] of Object.keys(found).entries()) {
    const name = `bad-${index}`;
    const [step, ...says] = found[what]!.says;
    const failure = failures.get(stepOf([step!], name));
    assert.ok(failure, `${what}: ${[...failures.keys()]}`);
    const text = `${failure!.message}\n${failure!.hint ?? ''}`;
    saysInOrder(text.replaceAll(`datasets.${name}`, 'datasets.bad'), says);
    assert.ok(text.split('\n').length <= 4 && text.length < 600, text);
    failures.delete(stepOf([step!], name));
  }
  assert.equal([...failures.keys()], []);
  assert.ok(ranSteps(ended).includes('tokenise[good]'));

  const again = await box.runflow(['run', 'tuned.yaml', 'tokenise[*]', '--keep-going', '--json']);
  assert.equal(ranSteps(again), [], 'what was finished stays');
  assert.is(summaryOf(again).failed, Object.keys(found).length);
});

for (const what of ['a column that is not there', 'a row over the limit', 'a damaged gz file']) {
  test(`on the screen, ${what} is one short error that names step, dataset and file`, async ({ box }) => {
    await box.write('tuned.yaml', workflow({ bad: found[what]! }));
    const ended = await box.runflow(['run', 'tuned.yaml', 'tokenise[bad]']);
    assertOneScreen(ended, 1);
    saysInOrder(ended.stdout + ended.stderr, found[what]!.says);
  });
}

for (const [what, written] of Object.entries(refused)) {
  test(`${what} is refused before anything runs`, async ({ box }) => {
    await box.write('tuned.yaml', workflow({ bad: written }));
    const ended = await box.runflow(['run', 'tuned.yaml', 'tokenise[bad]']);
    assertOneScreen(ended, 2);
    saysInOrder(ended.stdout + ended.stderr, written.says);
  });
}

test('data put right runs, and nothing but what hangs on it', async ({ box }) => {
  await box.write('tuned.yaml', workflow({ bad: found['ids outside the vocabulary']! }));
  const first = await box.runflow(['run', 'tuned.yaml', 'tokenise[*]', '--keep-going', '--json']);
  assert.is(first.status, 1);
  await box.write('tuned.yaml', workflow({ bad: { dataset: '{ path: good.jsonl, take: 2 }' } }));
  assert.equal(ranSteps(await box.run(['tuned.yaml', 'tokenise[*]'])), ['rows[bad]', 'tokenise[bad]', 'data-table']);
});

test.run();
