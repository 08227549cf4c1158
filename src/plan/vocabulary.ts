import type { Update } from '../workflow/updates.js';
import type { ModelFacts, TokenTexts } from './facts.js';
import { invalidTensors, type Shapes } from './tensor-differences.js';

/** Embeddings and output layers: a row for each token id. */
const ofVocabulary = /(^|\.)(embed_tokens\.weight|lm_head\.(weight|bias))$/;

/** Tensors of two models that differ in nothing but the rows of the vocabulary, with the rows that both have. */
export function vocabularyCuts(a: Shapes, b: Shapes): Map<string, number> {
  const cuts = new Map<string, number>();
  for (const [name, left] of a) {
    const right = b.get(name);
    if (right === undefined || !ofVocabulary.test(name) || left[0] === right[0]) continue;
    if (left.slice(1).join() === right.slice(1).join()) cuts.set(name, Math.min(left[0]!, right[0]!));
  }
  return cuts;
}

/** The same shapes with the rows that are left. */
export function withCuts(shapes: Shapes, cuts: ReadonlyMap<string, number>): Map<string, readonly number[]> {
  return new Map(
    [...shapes].map(([name, shape]) => [name, cuts.has(name) ? [cuts.get(name)!, ...shape.slice(1)] : shape]),
  );
}

const shownTokens = 3;

/**
 * Compares what the ids below `rows` mean to the two models of an update.
 * @returns why that cannot be told; undefined: they are alike
 * @throws InvalidWorkflowError when an id that both tokenizers have is another token in each
 */
export function compareTokens(update: Update, from: ModelFacts, to: ModelFacts, rows: number): string | undefined {
  const without = [
    ...(from.tokens === undefined ? [update.from] : []),
    ...(to.tokens === undefined ? [update.to] : []),
  ];
  if (without.length > 0)
    return `not compared: ${without.join(' and ')} ${without.length > 1 ? 'have' : 'has'} no tokenizer.json`;
  const differing = differingTokens(from.tokens!, to.tokens!, rows);
  if (differing.length === 0) return undefined;
  const shown = differing
    .slice(0, shownTokens)
    .map((id) => `${id} is ${JSON.stringify(from.tokens!.get(id))} and ${JSON.stringify(to.tokens!.get(id))}`);
  const ids = differing.length === 1 ? 'token id means' : 'token ids mean';
  throw invalidTensors(
    `${differing.length} ${ids} different tokens to models ${update.from} (from) and ${update.to} (to): ${shown.join('; ')}`,
    update.range,
    'The difference of two rows says nothing where they are of different tokens. Leave these tensors out: except: ["*embed_tokens.weight", "*lm_head.*"]',
  );
}

function differingTokens(from: TokenTexts, to: TokenTexts, rows: number): number[] {
  return [...from]
    .filter(([id, token]) => id < rows && to.has(id) && to.get(id) !== token)
    .map(([id]) => id)
    .sort((a, b) => a - b);
}
