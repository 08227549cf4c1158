import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { linearMoments, momentBytes } from '../../../src/formats/linear-moments.js';

const layer = 'model.layers.3';

function llama(hidden: number, keys: number, mlp: number): [string, number[]][] {
  return [
    ['model.embed_tokens.weight', [100, hidden]],
    [`${layer}.input_layernorm.weight`, [hidden]],
    [`${layer}.self_attn.q_proj.weight`, [hidden, hidden]],
    [`${layer}.self_attn.q_proj.bias`, [hidden]],
    [`${layer}.self_attn.k_proj.weight`, [keys, hidden]],
    [`${layer}.self_attn.v_proj.weight`, [keys, hidden]],
    [`${layer}.self_attn.o_proj.weight`, [hidden, hidden]],
    [`${layer}.mlp.gate_proj.weight`, [mlp, hidden]],
    [`${layer}.mlp.up_proj.weight`, [mlp, hidden]],
    [`${layer}.mlp.down_proj.weight`, [hidden, mlp]],
    ['lm_head.weight', [100, hidden]],
  ];
}

test('layers that take the same share XᵀX, and down_proj keeps YᵀY, which is smaller', () => {
  const moments = linearMoments(llama(8, 2, 20));
  const shared = { of: 'inputs', name: `inputs/${layer}.attentionInput`, side: 8 };
  const mlp = { of: 'inputs', name: `inputs/${layer}.mlpInput`, side: 8 };
  const down = `${layer}.mlp.down_proj.weight`;
  assert.equal(Object.fromEntries(moments), {
    [`${layer}.self_attn.q_proj.weight`]: shared,
    [`${layer}.self_attn.k_proj.weight`]: shared,
    [`${layer}.self_attn.v_proj.weight`]: shared,
    [`${layer}.self_attn.o_proj.weight`]: { of: 'inputs', name: `inputs/${layer}.attended`, side: 8 },
    [`${layer}.mlp.gate_proj.weight`]: mlp,
    [`${layer}.mlp.up_proj.weight`]: mlp,
    [down]: { of: 'outputs', name: `outputs/${down}`, side: 8 },
  });
  assert.is(momentBytes(moments), 4 * 8 * 36);
});

test('where inputs are longer than heads, each layer may keep its own YᵀY; a fused tensor is one layer', () => {
  const wide = linearMoments([
    [`${layer}.self_attn.q_proj.weight`, [6, 40]],
    [`${layer}.self_attn.k_proj.weight`, [3, 40]],
  ]);
  assert.equal(
    [...wide.values()].map(({ of, side }) => [of, side]),
    [
      ['outputs', 6],
      ['outputs', 3],
    ],
  );
  const fused = linearMoments([[`${layer}.self_attn.qkv_proj.weight`, [24, 8]]]);
  assert.equal([...fused.values()], [{ of: 'inputs', name: `inputs/${layer}.attentionInput`, side: 8 }]);
});

test('of a model of 7 billion weights the largest moment is that of 4096 numbers', () => {
  const moments = linearMoments(llama(4096, 4096, 11008));
  assert.equal(new Set([...moments.values()].map(({ side }) => side)), new Set([4096]));
  assert.is(momentBytes(moments), 4 * 4 * 4096 * 4097);
});

test.run();
