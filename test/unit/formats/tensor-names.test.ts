import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError } from '../../../src/diagnostics/errors.js';
import { fittingPrefixes, type NamePrefixes, prefixesText, renameTensors } from '../../../src/formats/tensor-names.js';

const plain = [
  'model.embed_tokens.weight',
  'model.layers.0.self_attn.q_proj.weight',
  'model.layers.0.self_attn.q_proj.bias',
  'model.layers.1.mlp.up_proj.weight',
  'model.norm.weight',
  'lm_head.weight',
];
const vision = ['vision_tower.vision_model.embeddings.patch_embedding.weight', 'multi_modal_projector.linear_1.weight'];
const under = (prefix: string, names = plain) => names.map((name) => `${prefix}${name}`);

/** As real files name them, with the prefixes that make them plain. */
const layouts: readonly (readonly [what: string, names: readonly string[], prefixes: NamePrefixes])[] = [
  ['torch.compile', under('_orig_mod.'), { '_orig_mod.': '' }],
  ['DDP around torch.compile', under('module._orig_mod.'), { 'module._orig_mod.': '' }],
  ['a PEFT model', under('base_model.model.'), { 'base_model.model.': '' }],
  ['LLaVA 1.5', [...under('language_model.'), ...vision], { 'language_model.': '' }],
  [
    'newer LLaVA and Qwen2.5-VL',
    [...plain.map((name) => name.replace(/^model\./, 'model.language_model.')), ...under('model.', vision)],
    { 'model.language_model.': 'model.', 'lm_head.': 'lm_head.' },
  ],
  [
    'a decoder without its head',
    plain.slice(0, 5).map((name) => name.slice('model.'.length)),
    { 'embed_tokens.': 'model.embed_tokens.', 'layers.': 'model.layers.', 'norm.': 'model.norm.' },
  ],
];

test('names of wrapped models fit plain ones under prefixes, one to one', () => {
  const wanted = new Set(plain);
  for (const [what, names, prefixes] of layouts) {
    assert.equal(fittingPrefixes(names, wanted), prefixes, what);
    const { tensors, leftOut } = renameTensors(
      names.map((name) => ({ name })),
      prefixes,
      'folder',
    );
    assert.equal(new Set(tensors.map(({ name }) => name)).size, tensors.length, what);
    assert.ok(
      tensors.every(({ name }) => wanted.has(name)),
      what,
    );
    assert.equal(
      leftOut,
      names.filter((name) => /visi|multi_modal/.test(name)),
      what,
    );
  }
});

test('names that are plain already, or of no decoder, get no prefixes', () => {
  assert.is(fittingPrefixes(plain, new Set(plain)), undefined);
  assert.is(fittingPrefixes(plain.slice(2), new Set(plain)), undefined);
  assert.is(fittingPrefixes(['h.0.attn.weight', 'wte.weight'], new Set(plain)), undefined);
  assert.is(fittingPrefixes([], new Set(plain)), undefined);
});

test('of several prefixes the longest counts, and what is under none is left out', () => {
  const tensors = ['model.visual.a', 'model.language_model.b', 'model.c', 'other'].map((name, at) => ({ name, at }));
  const renamed = renameTensors(tensors, { 'model.': 'm.', 'model.language_model.': '' }, 'folder');
  assert.equal(renamed.tensors, [
    { name: 'm.visual.a', at: 0 },
    { name: 'b', at: 1 },
    { name: 'm.c', at: 2 },
  ]);
  assert.equal(renamed.leftOut, ['other']);
});

test('two tensors of one name and a prefix of none are refused', () => {
  const rename = (prefixes: NamePrefixes) => () =>
    renameTensors(
      ['a.x', 'b.x'].map((name) => ({ name })),
      prefixes,
      '/models/tuned',
    );
  const failure = (prefixes: NamePrefixes) => {
    try {
      rename(prefixes)();
    } catch (error) {
      assert.instance(error, DataError);
      return error as DataError;
    }
    throw new Error('expected an error');
  };
  assert.is(failure({ 'a.': '', 'b.': '' }).message, '/models/tuned: a.x and b.x would both be called x');
  assert.is(failure({ 'a.': '', 'c.': '' }).message, '/models/tuned: no tensor has a name that begins with "c."');
  assert.match(failure({ 'c.': '' }).hint!, 'Its names are a.x, b.x.');
});

test('prefixes are written as a workflow takes them', () => {
  assert.is(prefixesText({ '_orig_mod.': '' }), 'names: { "_orig_mod.": "" }');
});

test.run();
