import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { linearInputs, linearSides } from '../../../src/formats/families/family.js';
import { families } from '../../../src/formats/families/registry.js';
import { hasNormsBehindBranches, tensorRole } from '../../../src/formats/tensor-role.js';

test('a name says what a tensor does, the same in every family that has it', () => {
  for (const [family, { linears, norms }] of Object.entries(families)) {
    for (const { name, roles } of linears) {
      for (const role of roles) assert.is(linearSides[role].inputs, linearSides[roles[0]].inputs, `${family} ${name}`);
      for (const part of ['weight', 'bias']) {
        assert.equal(
          tensorRole(`model.layers.17.${name}.${part}`),
          { part, layer: 'model.layers.17', ...linearSides[roles[0]], takes: linearInputs[roles[0]] },
          `${family} ${name}`,
        );
      }
    }
    for (const { name } of norms)
      assert.is(tensorRole(`model.layers.0.${name}.weight`), undefined, `${family} ${name}`);
  }
  assert.equal(tensorRole('model.embed_tokens.weight'), { part: 'embedding' });
  assert.equal(tensorRole('lm_head.weight'), { part: 'head' });
  for (const other of ['model.norm.weight', 'layers.0.mlp.up_proj.weight', 'model.layers.x.mlp.up_proj.weight']) {
    assert.is(tensorRole(other), undefined, other);
  }
});

test('norms behind attention and MLP are told by the names of a model that has all of them', () => {
  for (const [family, { norms }] of Object.entries(families)) {
    const names = new Set(norms.map(({ name }) => `model.layers.0.${name}.weight`));
    const behind = norms.some(({ role }) => role === 'attentionOutput' || role === 'mlpOutput');
    assert.is(hasNormsBehindBranches(names), behind, family);
  }
  assert.is(hasNormsBehindBranches(new Set()), false);
});

test.run();
