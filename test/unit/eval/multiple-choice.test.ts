import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { characters, strip, stripEnd } from '../../../src/data/python-text.js';
import type { Row } from '../../../src/data/row.js';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import { DataError } from '../../../src/diagnostics/errors.js';
import { choicePrompts as eachPrompt } from '../../../src/eval/choice-prompts.js';
import { choicesOf, rightChoices } from '../../../src/eval/choice-question.js';
import { continuationTokens } from '../../../src/eval/continuation-tokens.js';
import { choiceScore } from '../../../src/eval/multiple-choice.js';
import type { ChoiceColumns, ChoiceForm, ChoiceScore } from '../../../src/formats/choice-questions.js';
import { choicesCases, choicesParams, choicesTokenizer } from '../../fixtures/eval/choices.js';

/** The device tests hold likelihoods against double precision; here is what needs no model. */

const choicePrompts = (...given: Parameters<typeof eachPrompt>) => [...eachPrompt(...given)];

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.instance(error, DataError);
    return `${(error as DataError).message} | ${(error as DataError).hint}`;
  }
  throw new Error('nothing was refused');
}

for (const one of choicesCases) {
  test(`${one.name}: the tokens are those of the protocol`, () => {
    const tokenizer = loadTokenizer(choicesTokenizer(one.bos));
    const { questions, fewshot } = choicesParams(one);
    const named = (rows: readonly Row[], name: string) => ({ rows, name });
    const examples = one.examples && named(one.examples, 'examples');
    const prompts = choicePrompts(named(one.rows, 'd'), examples, questions, fewshot, null, tokenizer.chat);
    for (const [index, { context, choices, delimiter }] of prompts.entries()) {
      const texts = choices.map((choice) => delimiter + choice);
      const tokens = continuationTokens(tokenizer, context, texts, one.says.bos ?? 'tokenizer');
      const expected = one.expected[index]!.tokens.map(([before, after]) => ({ context: before, continuation: after }));
      assert.equal(tokens, expected);
    }
  });
}

const tokenizer = loadTokenizer(choicesTokenizer(true));
const idOf = (text: string) => tokenizer.encode(text, false)[0]!;

test('a context of whitespace alone is an empty one, and what begins with the beginning of sequence brings it', () => {
  const [bos, t] = [idOf('<s>'), idOf('x')];
  assert.equal(continuationTokens(tokenizer, ' \n', ['x'], 'none'), [
    { context: [bos], continuation: [idOf(' '), idOf('\n'), t] },
  ]);
  assert.equal(continuationTokens(tokenizer, '', ['<s>x'], 'tokenizer'), [{ context: [bos], continuation: [t] }]);
  assert.match(
    refused(() => continuationTokens(tokenizer, '', ['<s>'], 'tokenizer')),
    'adds no token to the context',
  );
});

test('a choice that merges into the context is refused, and so is an empty context without anything to stand for it', () => {
  // "o" and "n" merge: the joined text has as many tokens as the context.
  assert.match(
    refused(() => continuationTokens(tokenizer, 'o', ['n'], 'none')),
    'The choice "n" adds no token',
  );
  const files = { ...choicesTokenizer(false), 'tokenizer_config.json': Buffer.from('{}') };
  const message = refused(() => continuationTokens(loadTokenizer(files), '', ['x'], 'tokenizer'));
  assert.match(message, 'the tokenizer has no beginning or end of sequence');
});

test('whitespace and lengths are those of Python', () => {
  // python3: [s.rstrip() for s in …], [s.strip() for s in …], [len(s) for s in …]
  assert.equal(['a \x1f', 'a\u0085', 'a\ufeff', '\u3000a ', ''].map(stripEnd), ['a', 'a', 'a\ufeff', '\u3000a', '']);
  assert.equal(['\u3000 a b\n', '\ufeffa ', ' \t'].map(strip), ['a b', '\ufeffa', '']);
  assert.equal(['日本', '😀é', 'e\u0301', ''].map(characters), [2, 2, 2, 0]);
});

const score = (name: ChoiceScore, logLikelihoods: number[], right: number[], choices = logLikelihoods.map(() => 'x')) =>
  choiceScore(name, { choices, logLikelihoods, right }, 'd: row 1');

test('of equal likelihoods the first counts; lengths are characters, not units or bytes', () => {
  assert.is(score('acc', [-2, -1, -1], [1]), 1);
  assert.is(score('acc', [-2, -1, -1], [2]), 0);
  assert.is(score('acc', [-2, -1, -1], [0, 1]), 1);
  // -4 / 2 is below -3 / 2; of four bytes and two units a character each they would be above.
  assert.is(score('acc_norm', [-4, -3], [1], ['😀😀', 'ab']), 1);
  assert.is(score('acc_norm', [-4, -3], [0], ['abcd', 'ab']), 1);
  assert.is(score('acc_norm', [-4, -2], [0], ['abcd', 'ab']), 1, 'the first of two equal ones');
  assert.is(score('acc', [-7], [0]), 1);
});

test('mc2 is the part of all likelihood, however small; mc1 is of one right choice', () => {
  const p = [0.5, 0.2, 0.1].map(Math.log);
  assert.ok(Math.abs(score('mc2', p, [0, 2]) - 0.6 / 0.8) < 1e-15);
  const sentences = score('mc2', p.map((one) => one - 5000), [0, 2]); // biome-ignore format: one line
  assert.ok(Math.abs(sentences - 0.75) < 1e-9, 'below what a double can hold');
  assert.match(
    refused(() => score('mc2', p, [0, 1, 2])),
    'd: row 1: all choices are right',
  );
  assert.is(score('mc1', p, [0]), 1);
  assert.is(score('mc1', p, [1]), 0);
  assert.match(
    refused(() => score('mc1', p, [0, 1])),
    'd: row 1: 2 choices are right, and mc1 is of one',
  );
});

const right = (row: Row, columns: ChoiceColumns = { choices: 'choices' }) =>
  rightChoices(row, 'answer', choicesOf(row, columns, 'd: row 7'), columns.labels !== undefined, 'd: row 7');

test('answers are letters, positions from 0, texts or marks; with labels they are one of them and nothing else', () => {
  const choices = ['red', 'green', 'blue'];
  for (const [answer, expected] of [
    ['B', [1]],
    [2, [2]],
    ['2', [2]],
    ['blue', [2]],
    [
      [0, 1, 1],
      [1, 2],
    ],
    [[false, true, false], [1]],
  ] as const) {
    assert.equal(right({ choices, answer: answer as never }), expected, JSON.stringify(answer));
  }
  const labelled = { choices: 'choices', labels: 'labels' };
  const labels = ['1', '2', '3'];
  assert.equal(right({ choices, labels, answer: '2' }, labelled), [1]);
  assert.equal(right({ choices, labels: [1, 2, 3], answer: 2 }, labelled), [1]);
  assert.match(
    refused(() => right({ choices, labels, answer: 'B' }, labelled)),
    /row 7: the answer "B".*"1", "2", "3"/,
  );
  // Where the choices are letters or numbers, the texts themselves as labels settle what an answer means.
  assert.equal(right({ choices: ['B', 'A'], answer: 'A' }, { choices: 'choices', labels: 'choices' }), [1]);
});

test('an answer that can mean two choices is refused, and so is one that means none', () => {
  const cases: readonly (readonly [Row, RegExp])[] = [
    [{ choices: ['B', 'A'], answer: 'A' }, /row 7: the answer "A" can mean "B" and "A" \| Name `labels`/],
    [{ choices: ['2', '1', '0'], answer: '2' }, /the answer "2" can mean "2" and "0"/],
    [{ choices: ['a', 'b', 'a'], answer: 'a' }, /the answer "a" can mean "a" and "a"/],
    [{ choices: ['a', 'b'], answer: 2 }, /the answer 2 of "answer" is none of the choices/],
    [{ choices: ['a', 'b'], answer: -1 }, /the answer -1 of "answer" is none/],
    [{ choices: ['a', 'b'], answer: 0.5 }, /the answer 0.5 of "answer" is none/],
    [{ choices: ['a', 'b'], answer: 'C' }, /the answer "C" of "answer" is none/],
    [{ choices: ['a', 'b'], answer: null }, /the answer null of "answer" is none/],
    [{ choices: ['a', 'b'], answer: [0, 0] }, /the answer \[0,0\] of "answer" is none/],
    [{ choices: ['a', 'b'], answer: [1] }, /row 7: 1 marks of 2 choices/],
    [{ choices: ['a', 'b'], answer: [1, 2] }, /the mark 2 of choice 2 is neither 0 nor 1/],
    [{ choices: ['a', 'b'] }, /row 7: there is no column "answer" \| The columns are: choices/],
  ];
  for (const [row, message] of cases)
    assert.match(
      refused(() => right(row)),
      message,
    );
});

test('choices are a list at a path, or columns; what is none is refused by its row', () => {
  const of = (row: Row, columns: ChoiceColumns) => choicesOf(row, columns, 'd: row 7');
  assert.equal(of({ mc: { choices: ['x', 2] } }, { choices: 'mc.choices' }).texts, ['x', '2']);
  assert.equal(of({ 'mc.choices': ['y'], mc: { choices: ['x'] } }, { choices: 'mc.choices' }).texts, ['y']);
  assert.equal(of({ a: 'x', b: { c: true } }, { choices: ['a', 'b.c'] }), { texts: ['x', 'true'], labels: ['A', 'B'] });
  const cases: readonly (readonly [Row, ChoiceColumns, RegExp])[] = [
    [{ mc: { x: 1 } }, { choices: 'mc.choices' }, /row 7: there is no "choices" in "mc" \| It holds: x/],
    [{ mc: ['x'] }, { choices: 'mc.choices' }, /there is no "choices" in "mc" \| "mc" holds a list/],
    [{ constructor: 'x' }, { choices: 'toString' }, /there is no column "toString"/],
    [{ c: 'a, b' }, { choices: 'c' }, /"c" holds the text "a, b", not a list .*\.csv/],
    [{ c: ['a', null] }, { choices: 'c' }, /"c\[1\]" holds null, not text/],
    [{ c: [] }, { choices: 'c' }, /row 7 has no choices/],
    [{ c: ['a', ''] }, { choices: 'c' }, /choice 2 is empty/],
    [
      { c: Array.from({ length: 27 }, (_, at) => `c${at}`) },
      { choices: 'c' },
      /27 choices, more than there are letters/,
    ],
    [{ c: ['a'], l: ['x', 'y'] }, { choices: 'c', labels: 'l' }, /2 labels of 1 choices/],
    [{ c: ['a', 'b'], l: ['x', 'x'] }, { choices: 'c', labels: 'l' }, /two choices have the label "x"/],
    [{ c: ['a'], l: [''] }, { choices: 'c', labels: 'l' }, /a label is empty/],
  ];
  for (const [row, columns, message] of cases)
    assert.match(
      refused(() => of(row, columns)),
      message,
    );
});

const form: ChoiceForm = {
  question: 'q',
  choices: 'c',
  template: '{topic.name}: {question.strip()} {odd thing}{}\n{choices}\n=',
  continuation: 'label',
};

test('a template holds paths of the row; other braces stay, unknown names are refused by their row', () => {
  const row = { q: ' who? ', c: ['me', 'you'], topic: { name: 'a_b' }, a: 0 };
  const prompts = (changed: Partial<ChoiceForm>, rows: readonly Row[] = [row]) =>
    choicePrompts({ rows, name: 'd' }, undefined, { ...form, ...changed }, undefined, null, undefined);
  assert.is(prompts({})[0]!.context, 'a_b: who? {odd thing}{}\nA. me\nB. you\n=');
  assert.equal(prompts({})[0]!.choices, ['A', 'B']);
  const grouped = prompts({ groups: 'topic.name', description: 'About {topic.name}. ' })[0]!.context;
  assert.is(grouped, 'About a b. a b: who? {odd thing}{}\nA. me\nB. you\n=');
  assert.match(
    refused(() => prompts({ template: '{question} {tpic}' })),
    /d: row 1: there is no column "tpic"/,
  );
  assert.match(
    refused(() => prompts({ groups: 'none' }, [row, row])),
    /d: row 1: there is no column "none"/,
  );
  // What a question says in braces is no part of the template.
  assert.match(prompts({}, [{ ...row, q: '{topic}$& $1' }])[0]!.context, 'a_b: {topic}$& $1 {odd');
  assert.match(
    refused(() => prompts({ chat: true })),
    'The tokenizer has no chat template',
  );
});

test('a prefix goes on where the template lets it, without the space that the template takes away', () => {
  const row = { q: 'who?', c: ['me', 'you'] };
  const context = (turn: (content: string) => string, prefix: string) => {
    const chat = { render: (messages: readonly { content: string }[]) => messages.map(({ content }) => `[${turn(content)}]`).join(''), turnEnd: () => '' }; // biome-ignore format: one line
    const asked: ChoiceForm = { ...form, template: '{question}', chat: true, prefix };
    const [prompt] = choicePrompts({ rows: [row], name: 'd' }, undefined, asked, undefined, null, chat);
    return [prompt!.context, prompt!.delimiter];
  };
  assert.equal(
    context((text) => text, 'It is '),
    ['[who?][It is ', ''],
  );
  assert.equal(
    context((text) => text.trim(), 'It is '),
    ['[who?][It is', ''],
  );
  assert.equal(
    context((text) => text, 'It'),
    ['[who?][It', ' '],
  );
  assert.match(
    refused(() => context(() => '', 'It')),
    'd: row 1: The chat template leaves out the beginning of an answer',
  );
});

test('examples are of the question’s own group, and their lack is told by it', () => {
  const row = (group: string, q: string) => ({ q, c: ['me', 'you'], a: 1, group });
  const questions = { rows: [row('x', '1'), row('y', '2')], name: 'd' };
  const examples = { rows: [row('y', '3'), row('x', '4'), row('y', '5')], name: 'examples' };
  const asked: ChoiceForm = { ...form, template: '{question}', continuation: 'text', groups: 'group' };
  const prompts = (n: number, from: typeof questions | undefined = examples) =>
    choicePrompts(questions, from, asked, { n, answer: 'a', pick: 'first' }, null, undefined);
  assert.equal(prompts(1).map(({ context }) => context), ['4 you\n\n1', '3 you\n\n2']); // biome-ignore format: one line
  assert.match(
    refused(() => prompts(2)),
    'examples, group "x": 2 rows are needed to take examples from, there are 1',
  );
  const own = () =>
    choicePrompts(questions, undefined, asked, { n: 1, answer: 'a', pick: { seed: 1 } }, null, undefined);
  assert.match(refused(own), 'd, group "x": 2 rows are needed to draw examples from, there are 1');
});

test.run();
