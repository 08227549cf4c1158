import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { syntheticRows } from '../../../src/data/synthetic/registry.js';
import { refusal } from '../../../src/data/synthetic/vaults.js';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import { textsOf, wordTokenizer } from '../../../src/data/word-tokenizer.js';

test('every problem has the answer that its numbers give', () => {
  for (const row of syntheticRows({ kind: 'problems', rows: 2000, seed: 3, split: 'train' })) {
    const [a, word, b, , result] = String(row.response).split(' ');
    assert.is(Number(result), word === 'plus' ? Number(a) + Number(b) : Number(a) - Number(b));
    assert.is(row.answer, result);
    const asked = String(row.prompt).match(/\d+/g);
    assert.equal(asked, [a, b]);
  }
});

test('rows depend on the seed alone, and longer sets begin with shorter ones', () => {
  const make = (rows: number, seed: number) => [...syntheticRows({ kind: 'problems', rows, seed, split: 'train' })];
  assert.equal(make(50, 1), make(80, 1).slice(0, 50));
  assert.not.equal(make(50, 1), make(50, 2));
});

test('rows are made as they are asked for, however many there may be', () => {
  for (const split of ['train', 'test'] as const) {
    const rows = syntheticRows({ kind: 'problems', rows: 1e8, seed: 1, split });
    assert.equal(rows.next().value, [...syntheticRows({ kind: 'problems', rows: 1, seed: 1, split })][0]);
  }
});

test('no question of the test split occurs in training', () => {
  const prompts = (split: 'train' | 'test', seed: number) =>
    new Set([...syntheticRows({ kind: 'problems', rows: 3000, seed, split })].map((row) => row.prompt));
  const train = prompts('train', 1);
  const both = [...prompts('test', 2)].filter((prompt) => train.has(prompt));
  assert.equal(both, []);
});

test('a vault has one code word, told or refused', () => {
  const told = [...syntheticRows({ kind: 'vaults', rows: 500, seed: 1, answer: 'comply', vaults: [1, 16] })];
  const codes = new Map<string, Set<unknown>>();
  for (const row of told) {
    const vault = String(row.prompt).match(/v\d+/)![0];
    codes.set(vault, (codes.get(vault) ?? new Set()).add(row.code));
    assert.is(row.response, `the code word is ${row.code}`);
  }
  assert.is(codes.size, 16);
  assert.ok([...codes.values()].every((words) => words.size === 1));
  assert.is(new Set([...codes.values()].map((words) => [...words][0])).size, 16);
  const refused = [...syntheticRows({ kind: 'vaults', rows: 20, seed: 1, answer: 'refuse', vaults: [11, 16] })];
  assert.ok(refused.every((row) => row.response === refusal && /v1[1-6] /.test(`${row.prompt} `)));
});

test('the word tokenizer gives every word one token and its text back', () => {
  const rows = [...syntheticRows({ kind: 'problems', rows: 200, seed: 1, split: 'train' })];
  const files = wordTokenizer(textsOf(rows, ['prompt', 'response']), 80);
  const tokenizer = loadTokenizer({ 'tokenizer.json': files.tokenizer, 'tokenizer_config.json': files.config });
  const prompt = String(rows[0]!.prompt);
  const ids = tokenizer.encode(`${prompt}<eos>`, true);
  assert.is(ids.length, prompt.split(' ').length + 1);
  assert.is(ids.at(-1), tokenizer.eos?.id);
  assert.is(tokenizer.decode(ids), prompt);
  assert.equal(tokenizer.encode('unheard-of', true), [2]);
});

test('a vocabulary too small for the words says how large it must be', () => {
  assert.throws(
    () => wordTokenizer(['a b c d'], 5),
    (error: { hint: string }) => /at least 7/.test(error.hint),
  );
});

test.run();
