import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChatFormat } from '../../../src/data/chat-format.js';
import type { Row } from '../../../src/data/row.js';
import { DataError } from '../../../src/diagnostics/errors.js';
import { type FewShot, type QuestionForm, questionPrompts } from '../../../src/eval/few-shot.js';

const rows = (count: number, name: string): Row[] =>
  Array.from({ length: count }, (_, index) => ({ question: `${name}${index}?`, answer: `${name}${index}!`, n: index }));

const form: QuestionForm = {
  question: 'question',
  answer: 'answer',
  template: { prompt: 'Question: {prompt}\nAnswer:', response: ' {response}' },
};
const names = { questions: 'test', examples: 'train' };

function prompts(
  questions: readonly Row[],
  examples: readonly Row[] | undefined,
  shots: Partial<FewShot> = {},
  changed: Partial<QuestionForm> = {},
  chat?: ChatFormat,
): string[] {
  const all = questionPrompts(
    questions,
    examples,
    { n: 1, seed: 1234, ...shots },
    { ...form, ...changed },
    names,
    chat,
  );
  return all.map(({ text }) => text);
}

test('a question follows its worked examples as in the harness', () => {
  const [first] = prompts(rows(1, 'q'), rows(7473, 't'));
  assert.is(first, 'Question: t6374?\nAnswer: t6374!\n\nQuestion: q0?\nAnswer:');
  assert.is(prompts(rows(1, 'q'), rows(3, 't'), { n: 0 })[0], 'Question: q0?\nAnswer:');
});

test('examples are those that Python draws, one generator for all questions', () => {
  // r = random.Random(1234); [r.sample(range(7473), 1)[0] for _ in range(6)]
  const drawn = prompts(rows(6, 'q'), rows(7473, 't')).map((text) => Number(/t(\d+)\?/.exec(text)![1]));
  assert.equal(drawn, [6374, 3610, 957, 61, 742, 7462]);
});

test('drawn from the questions themselves, no question is its own example', () => {
  // r = random.Random(1234); for d in range(10): [x for x in r.sample(range(10), 3) if x != d][:2]
  const questions = rows(10, 'q');
  const drawn = prompts(questions, undefined, { n: 2 }).map((text) =>
    [...text.matchAll(/q(\d+)!/g)].map((match) => Number(match[1])),
  );
  assert.equal(drawn, [
    [7, 1],
    [0, 9],
    [1, 5],
    [0, 9],
    [5, 7],
    [2, 1],
    [1, 0],
    [3, 1],
    [1, 9],
    [4, 8],
  ]);
});

test('with the chat template examples are turns of the conversation', () => {
  const chat: ChatFormat = {
    render: (messages, ask) =>
      messages.map(({ role, content }) => `<${role}>${content}`).join('') + (ask ? '<assistant>' : ''),
    turnEnd: () => '',
  };
  const [text] = prompts(rows(1, 'q'), rows(1, 't'), {}, { template: 'chat' }, chat);
  assert.is(text, '<user>t0?<assistant>t0!<user>q0?<assistant>');
  assert.is(prompts(rows(1, 'q'), undefined, { n: 0 }, { template: 'chat' }, chat)[0], '<user>q0?<assistant>');
  assert.throws(
    () => prompts(rows(1, 'q'), rows(1, 't'), {}, { template: 'chat' }),
    (error: Error) => error instanceof DataError && /no chat template/.test(error.message),
  );
});

test('too few rows and missing columns are errors that name the dataset', () => {
  const fails = (work: () => unknown, message: RegExp) =>
    assert.throws(work, (error: Error) => error instanceof DataError && message.test(error.message));
  fails(() => prompts(rows(2, 'q'), rows(1, 't'), { n: 2 }), /train: 2 rows are needed .* there are 1/);
  fails(() => prompts(rows(2, 'q'), undefined, { n: 2 }), /3 rows are needed/);
  fails(() => prompts(rows(1, 'q'), rows(1, 't'), {}, { question: 'goal' }), /train: row 1: there is no column "goal"/);
  fails(
    () => prompts(rows(1, 'q'), undefined, { n: 0 }, { question: 'goal' }),
    /test: row 1: there is no column "goal"/,
  );
});

test.run();
