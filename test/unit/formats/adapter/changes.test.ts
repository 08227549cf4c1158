import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { adapterChanges } from '../../../../src/formats/adapter/changes.js';
import { parseAdapterConfig } from '../../../../src/formats/adapter/config.js';
import type { DType } from '../../../../src/formats/tensor.js';

const test = suite('what an adapter changes');

const [embedding, head] = ['model.embed_tokens.weight', 'lm_head.weight'];
const base = {
  [embedding]: [11, 6],
  'model.layers.0.q_proj.weight': [8, 6],
  'model.layers.0.q_proj.bias': [8],
  'model.layers.0.o_proj.weight': [6, 8],
  'model.layers.0.norm.weight': [6],
  [head]: [11, 6],
};
const q = 'base_model.model.model.layers.0.q_proj';
const factors = { [`${q}.lora_A.weight`]: [2, 6], [`${q}.lora_B.weight`]: [8, 2] };

type Shapes = Readonly<Record<string, readonly number[]>>;

const tensors = (shapes: Shapes, dtype: DType = 'F32') =>
  new Map(Object.entries(shapes).map(([name, shape]) => [name, { dtype, shape }]));

function changes(keys: object, adapter: Shapes, { tied = false, of = base as Shapes } = {}) {
  const config = { peft_type: 'LORA', r: 2, lora_alpha: 4, target_modules: ['q_proj'], ...keys };
  const parsed = parseAdapterConfig(Buffer.from(JSON.stringify(config)), 'config');
  return adapterChanges(parsed, tensors(adapter), { tensors: tensors(of), tied });
}

test('factors, biases and whole modules find their tensors', () => {
  const adapter = {
    ...factors,
    [`${q}.base_layer.bias`]: [8],
    'base_model.model.lm_head.weight': [11, 6],
    'base_model.model.model.layers.0.norm.modules_to_save.weight': [6],
  };
  const found = changes({ bias: 'lora_only', modules_to_save: ['lm_head', 'norm'] }, adapter);
  assert.equal(found.problems, []);
  assert.equal(Object.fromEntries(found.changes), {
    'model.layers.0.q_proj.weight': {
      factors: { a: `${q}.lora_A.weight`, b: `${q}.lora_B.weight`, scale: 2, transposed: false },
    },
    'model.layers.0.q_proj.bias': { whole: `${q}.base_layer.bias` },
    [head]: { whole: 'base_model.model.lm_head.weight' },
    'model.layers.0.norm.weight': { whole: 'base_model.model.model.layers.0.norm.modules_to_save.weight' },
  });
});

const head_ = 'base_model.model.lm_head';
const embed = 'base_model.model.model.embed_tokens';

const refused: readonly (readonly [what: object, adapter: Shapes, problem: RegExp])[] = [
  [{ target_modules: ['q_proj', 'o_proj'] }, factors, /^model\.layers\.0\.o_proj is a target and has no factors$/],
  [{ target_modules: 'all-linear' }, factors, /^model\.layers\.0\.o_proj is a target/],
  [{ target_modules: ['o_proj'] }, {}, /o_proj is a target and has no factors/],
  [{ target_modules: [] }, factors, /^model\.layers\.0\.q_proj has factors and is no target/],
  [{}, { ...factors, 'base_model.model.x.lora_A.weight': [2, 6] }, /^x has factors and no weight in the base$/],
  [{}, { ...factors, 'model.norm.weight': [6] }, /^model\.norm\.weight does not begin with base_model\.model\.$/],
  [{}, { ...factors, [`${q}.lora_A.default.weight`]: [2, 6] }, /are one factor$/],
  [{}, { [`${q}.lora_A.weight`]: [2, 6] }, /^model\.layers\.0\.q_proj has factor A only$/],
  [{ r: 3 }, factors, /lora_A\.weight is \[2, 6\] and would be \[3, 6\] for rank 3; .*q_proj\.weight is \[8, 6\]$/],
  [{}, { ...factors, [`${q}.lora_B.weight`]: [9, 2] }, /lora_B\.weight is \[9, 2\] and would be \[8, 2\] for rank 2/],
  [
    { fan_in_fan_out: true },
    factors,
    /^fan_in_fan_out = true is for layers that store \[in, out\], and no target is one$/,
  ],
  [{}, { ...factors, [`${q}.lora_magnitude_vector`]: [8] }, /lora_magnitude_vector has no tensor in the base$/],
  [
    {},
    { ...factors, [`${q}.base_layer.bias`]: [8] },
    /base_layer\.bias is nothing that adapter_config\.json speaks of$/,
  ],
  [{ bias: 'all' }, factors, /^model\.layers\.0\.q_proj\.bias is to be stored whole and is not there$/],
  [{ modules_to_save: ['lm_head'] }, factors, /^lm_head\.weight is to be stored whole and is not there$/],
  [
    { modules_to_save: ['lm_head'] },
    { ...factors, [`${head_}.weight`]: [13, 6] },
    /2 rows are added, as for new tokens/,
  ],
  [{}, { ...factors, [`${embed}.weight`]: [12, 6] }, /\[12, 6\] and the base's \[11, 6\]: 1 rows are added/],
];

test('what does not fit is said by name', () => {
  for (const [keys, adapter, problem] of refused) {
    const { problems } = changes(keys, adapter);
    assert.ok(
      problems.some((text) => problem.test(text)),
      `${JSON.stringify(keys)}: ${problems.join('\n')}`,
    );
  }
});

const { [head]: _, ...tiedBase } = base;

test('of tied embeddings the one matrix changes, whichever end has the factors', () => {
  const low = { [`${embed}.lora_embedding_A`]: [2, 11], [`${embed}.lora_embedding_B`]: [6, 2] };
  const high = { [`${head_}.lora_A.weight`]: [2, 6], [`${head_}.lora_B.weight`]: [11, 2] };
  for (const of of [tiedBase, base]) {
    const options = { tied: true, of };
    const one = changes({ target_modules: ['embed_tokens'] }, low, options);
    assert.equal([one.problems, [...one.changes.keys()]], [[], [embedding]]);
    assert.is(one.changes.get(embedding)!.factors!.transposed, true);
    const other = changes({ target_modules: ['lm_head'] }, high, options);
    assert.equal([other.problems, [...other.changes.keys()]], [[], [embedding]]);
    const both = changes({ target_modules: ['embed_tokens', 'lm_head'] }, { ...low, ...high }, options);
    assert.match(both.problems.join(), 'has factors, and so has the layer that it is tied to');
    const saved = { [`${embed}.weight`]: [11, 6], [`${head_}.weight`]: [11, 6] };
    const pair = changes({ modules_to_save: ['embed_tokens', 'lm_head'], target_modules: [] }, saved, options);
    assert.equal(pair.problems, []);
    assert.equal(pair.changes.get(embedding), { whole: `${embed}.weight`, again: `${head_}.weight` });
    const alone = changes(
      { modules_to_save: ['lm_head'], target_modules: [] },
      { [`${head_}.weight`]: [11, 6] },
      options,
    );
    assert.match(alone.problems.join(), `lm_head.weight alone is stored whole, and the base ties it to ${embedding}`);
  }
});

test('an embedding that is stored beside its factors is what they are added to', () => {
  const adapter = {
    [`${embed}.lora_embedding_A`]: [2, 11],
    [`${embed}.lora_embedding_B`]: [6, 2],
    [`${embed}.base_layer.weight`]: [11, 6],
  };
  const { changes: found, problems } = changes({ target_modules: ['embed_tokens'] }, adapter);
  assert.equal(problems, []);
  assert.is(found.get(embedding)!.whole, `${embed}.base_layer.weight`);
  assert.is(found.get(embedding)!.factors!.a, `${embed}.lora_embedding_A`);
});

test.run();
