import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PassingFault } from '../../../src/diagnostics/passing-fault.js';
import { answerOf, errorIn } from '../../../src/eval/chat-answer.js';

const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;

test('an answer nested deeper than a stack is read like any other', () => {
  const answer = `{"usage":{"total_tokens":${deep}},"choices":[{"message":{"content":"yes","more":${deep}}}]}`;
  assert.is(answerOf(answer).text, 'yes');
  for (const content of [deep, `[{"type":${deep},"text":"yes"}]`, `[{"type":"text","text":${deep}}]`]) {
    assert.throws(
      () => answerOf(`{"choices":[{"message":{"content":${content}}}]}`),
      (error: Error) => error instanceof PassingFault,
    );
  }
});

test('the code of a server error is a word or a number, or none', () => {
  const error = errorIn(`{"error":{"message":"busy","code":${deep},"param":${deep}}}`);
  assert.equal(error, { code: undefined, param: undefined, message: 'busy' });
  assert.is(errorIn('{"error":{"message":"busy","code":429}}')?.code, 429);
});

test.run();
