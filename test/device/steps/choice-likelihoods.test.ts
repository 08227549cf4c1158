import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeRows } from '../../../src/data/row.js';
import { DataError } from '../../../src/diagnostics/errors.js';
import type { ChoiceScore } from '../../../src/formats/choice-questions.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { type ChoiceLikelihoods, type ChoiceLikelihoodsParams, choiceLikelihoods } from '../../../src/steps/choice-likelihoods.js'; // biome-ignore format: one line
import { type MultipleChoiceParams, multipleChoice } from '../../../src/steps/multiple-choice.js';
import type { Scores } from '../../../src/steps/scores.js';
import { implementationOf } from '../../../src/worker/implementations.js';
import { type ChoicesCase, choicesArtifacts, choicesCases, choicesParams } from '../../fixtures/eval/choices.js';
import { MemoryContext } from '../../unit/steps/memory-context.js';
import { DeviceContext, objects } from './checkpoints.js';

/** Multiple-choice questions through both steps, against lm-evaluation-harness' protocol in double precision. */

async function likelihoodsOf(one: ChoicesCase, changed: Partial<ChoiceLikelihoodsParams> = {}) {
  const { questions, fewshot } = choicesParams(one);
  const params: ChoiceLikelihoodsParams = {
    model: { kind: 'whole' },
    dataset: 'asked',
    questions,
    ...(fewshot && { fewshot }),
    limit: null,
    bos: one.says.bos ?? 'tokenizer',
    ...(one.says['max-length'] !== undefined && { maxLength: one.says['max-length'] }),
    ...changed,
  };
  const context = new DeviceContext(params, choicesArtifacts(one, objects), objects);
  await (await implementationOf(choiceLikelihoods.kind))(context);
  const likelihoods = context.outputs.likelihoods!;
  return {
    context,
    likelihoods,
    lines: decodeRows(objects.get(likelihoods.digest)!) as unknown as readonly ChoiceLikelihoods[],
  };
}

async function scoresOf(
  one: ChoicesCase,
  likelihoods: MemoryContext['outputs'][string],
  scores: readonly [ChoiceScore, ...ChoiceScore[]],
) {
  // biome-ignore format: one line
  const { question: _, choices, labels, answer, groups } = { ...one.says };
  const params: MultipleChoiceParams = {
    dataset: 'asked',
    columns: { choices, ...(labels !== undefined && { labels }) },
    answer,
    ...(groups !== undefined && { groups }),
    scores,
  };
  const { rows } = choicesArtifacts(one, objects);
  const context = new MemoryContext(params, { rows, likelihoods: { likelihoods } }, objects);
  await (await implementationOf(multipleChoice.kind))(context);
  const read = (output: string) => objects.get(context.outputs[output]!.digest)!;
  return { scores: JSON.parse(new TextDecoder().decode(read('scores'))) as Scores, items: decodeRows(read('items')) };
}

for (const one of choicesCases) {
  test(`${one.name}: contexts, likelihoods and scores are those of the protocol`, async () => {
    const { lines, likelihoods } = await likelihoodsOf(one);
    assert.equal(
      lines.map(({ row, context }) => [row, context]),
      one.expected.map(({ row, context }) => [row, context]),
    );
    for (const [index, { logLikelihoods, tokens }] of one.expected.entries()) {
      for (const [choice, expected] of logLikelihoods.entries()) {
        const value = lines[index]!.logLikelihoods[choice]!;
        const off = Math.abs(value - expected);
        assert.ok(
          off < 4e-6 * Math.abs(expected),
          `${index}, ${choice} of ${tokens.length}: ${value} instead of ${expected}`,
        );
      }
    }
    const { scores, items } = await scoresOf(one, likelihoods, ['acc', 'acc_norm', 'mc2'].slice(0, one.expected.some(({ tokens, right }) => tokens.length === right.length) ? 2 : 3) as [ChoiceScore]); // biome-ignore format: one line
    assert.equal(scores.values, one.expected.map(({ acc }) => acc)); // biome-ignore format: one line
    assert.equal(scores.named!.acc_norm, { values: one.expected.map(({ acc_norm }) => acc_norm), bounds: [0, 1] });
    for (const [index, value] of (scores.named!.mc2?.values ?? []).entries()) {
      assert.ok(Math.abs(value! - one.expected[index]!.mc2) < 2e-5, `${value} instead of ${one.expected[index]!.mc2}`);
    }
    for (const [index, { doc, doc_id: id, target, filtered_resps: responses, acc }] of items.entries()) {
      const { right, acc: expected } = one.expected[index]!;
      assert.equal([doc, id, acc], [one.rows[index], index, expected]);
      assert.equal(right, [JSON.parse(String(target))].flat());
      assert.equal(responses, lines[index]!.logLikelihoods.map((sum) => [sum, null])); // biome-ignore format: one line
    }
  });
}

const caseOf = (name: string) => choicesCases.find((one) => one.name === name)!;

test('groups say which items are theirs, and a limit is of each', async () => {
  const one = caseOf('MMLU');
  const { likelihoods } = await likelihoodsOf(one);
  const { scores } = await scoresOf(one, likelihoods, ['acc']);
  assert.equal(scores.groups, { high_school_biology: [0, 3], anatomy: [1, 2, 4] });
  assert.is(scores.named, undefined);
  const limited = await likelihoodsOf(one, { limit: 1 });
  const whole = await likelihoodsOf(one);
  assert.equal(limited.lines, [whole.lines[0], whole.lines[1]], 'the first of each group, as without a limit');
  const ofLimited = await scoresOf(one, limited.likelihoods, ['acc_norm', 'acc']);
  assert.equal(ofLimited.scores.groups, { high_school_biology: [0], anatomy: [1] });
  assert.is(ofLimited.scores.values.length, 2);
});

test('the bits of a choice depend on nothing beside it', async () => {
  const one = caseOf('ARC');
  const [{ lines }, alone] = [await likelihoodsOf(one), await likelihoodsOf({ ...one, rows: one.rows.slice(2, 3) })];
  assert.equal(alone.lines[0]!.logLikelihoods, lines[2]!.logLikelihoods);
  assert.is(lines[3]!.logLikelihoods[0], lines[3]!.logLikelihoods[1], 'two choices of one text');
});

test('choices of one token share a pass, and have the bits that they have alone', async () => {
  const row = (choices: readonly string[]) => ({ question: 'Which letter is it?', choices, answer: [1, ...Array(choices.length - 1).fill(0)] }); // biome-ignore format: one line
  // Of one letter the context alone is read, of two the context and an x.
  const texts = ['t', 'a', 'b', 'xa', 'xb', 't', 'xa'];
  const says = { question: 'question', choices: 'choices', answer: 'answer' };
  const one = { name: '', bos: true, says, rows: [row(texts), row(['t', 'q'])], expected: [] };
  const together = (await likelihoodsOf(one)).lines[0]!.logLikelihoods;
  const alone = await likelihoodsOf({ ...one, rows: texts.map((text) => row([text])) });
  assert.equal(
    together,
    alone.lines.map(({ logLikelihoods }) => logLikelihoods[0]),
  );
  assert.is(new Set(together).size, 5);
});

test('cut contexts are told, and a choice that does not fit is refused', async () => {
  const one = caseOf('contexts that are cut from the left');
  const { context } = await likelihoodsOf(one);
  assert.equal(context.lines, ['17 of 17 choices are longer with their contexts than 13 tokens: the contexts are cut from the left']); // biome-ignore format: one line
  const refused = async (changed: Partial<ChoiceLikelihoodsParams>) => {
    const error = await likelihoodsOf(one, changed).catch((thrown: unknown) => thrown);
    assert.instance(error, DataError);
    return (error as DataError).message;
  };
  assert.match(await refused({ maxLength: 3 }), /asked: row 1: a choice has \d+ tokens, more than the 3 that/);
  assert.match(await refused({ maxLength: 321 }), "`max-length` is 321, more than the model's context of 320 tokens");
});

test('a step that is told to stop stops', async () => {
  const { questions } = choicesParams(caseOf('ARC'));
  const params = { model: { kind: 'whole' }, dataset: 'asked', questions, limit: null, bos: 'none' } as JsonObject;
  const stop = new AbortController();
  const context = new DeviceContext(params, choicesArtifacts(caseOf('ARC'), objects), objects, stop.signal);
  stop.abort();
  const error = await (await implementationOf(choiceLikelihoods.kind))(context).catch((thrown: unknown) => thrown);
  assert.is((error as Error).name, 'AbortError');
});

test.run();
