import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exactMatch, extractAnswer, noAnswer } from '../../../src/eval/exact-match.js';

interface Verdict {
  readonly response: string;
  readonly reference: string;
  readonly flexible: boolean;
  readonly strict: boolean;
  readonly extracted: string;
}

const fixture = new URL('../../../../test/fixtures/eval/gsm8k-verdicts.json', import.meta.url);
const verdicts = JSON.parse(readFileSync(fixture, 'utf8')) as Verdict[];

test('tricky answers are judged as the published rules judge them', () => {
  assert.ok(verdicts.length >= 60);
  for (const { response, reference, flexible, strict, extracted } of verdicts) {
    const told = JSON.stringify(response);
    assert.is(extractAnswer(response, 'flexible'), extracted, `extracted from ${told}`);
    assert.is(exactMatch(response, reference, 'flexible'), flexible, `flexible ${told}`);
    assert.is(exactMatch(response, reference, 'strict'), strict, `strict ${told}`);
  }
});

test('a pattern of the workflow takes the first or the last match, whole or by its group', () => {
  const response = 'answer: A, no, answer: B';
  assert.is(extractAnswer(response, { regex: 'answer: ([A-Z])', take: 'last' }), 'B');
  assert.is(extractAnswer(response, { regex: 'answer: ([A-Z])', take: 'first' }), 'A');
  assert.is(extractAnswer(response, { regex: '[A-Z]', take: 'first' }), 'A');
  assert.is(extractAnswer(response, { regex: 'C', take: 'first' }), noAnswer);
});

test('a pattern that never comes to an end on a response is an error that names it', () => {
  assert.throws(
    () => extractAnswer(`${'a'.repeat(60)}b`, { regex: '(a+)+$', take: 'last' }),
    /The pattern of `extract`, \/\(a\+\)\+\$\/g, was stopped after 5 s/,
  );
});

test.run();
