import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadTokenizer } from '../../../src/data/tokenizer.js';
import type { TokenizerFiles } from '../../../src/data/tokenizer-config.js';
import { DataError } from '../../../src/diagnostics/errors.js';

/** Small tokenizers and what Hugging Face's own library makes of the texts. See make-tokenizers.py beside the file. */
interface Fixture {
  readonly texts: readonly string[];
  readonly cases: readonly {
    readonly name: string;
    readonly definition: { readonly model: object; readonly added_tokens: readonly object[] };
    readonly ids: readonly (readonly number[])[];
    readonly decoded: readonly string[] | null;
  }[];
}

const fixture = new URL('../../../../test/fixtures/data/tokenizers.json', import.meta.url);
const { texts, cases } = JSON.parse(readFileSync(fixture, 'utf8')) as Fixture;
const definitionOf = (name: string) => cases.find((one) => one.name === name)!.definition;
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

/** What runflow does not do, and says so. */
const refused = [
  'pre unicode-scripts',
  'normalizer nmt',
  'normalizer bytelevel',
  'added single',
  'bpe dropped',
  'bpe prefix',
  'bpe dropout',
  'wordlevel',
];

test('every part of tokenizer.json gives the tokens that the original library gives, or is refused by name', () => {
  assert.ok(cases.length > 80);
  const errors = new Set<string>();
  for (const { name, definition, ids, decoded } of cases) {
    for (const [at, text] of texts.entries()) {
      const told = `${name}: ${JSON.stringify(text)}`;
      try {
        const tokenizer = loadTokenizer({ 'tokenizer.json': bytes(definition) });
        assert.equal(tokenizer.encode(text, true), ids[at], told);
        if (decoded !== null) assert.is(tokenizer.decodeAll(ids[at]!), decoded[at], told);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        errors.add(name);
      }
    }
  }
  assert.equal([...errors].sort(), [...refused].sort());
});

const bpe = definitionOf('bpe fallback');
const withPost = definitionOf('post bos');

/** A tokenizer of `bpe fallback` with other files beside it. */
function load(config: object | undefined, others: TokenizerFiles = {}, definition: object = bpe) {
  return loadTokenizer({
    'tokenizer.json': bytes(definition),
    ...(config && { 'tokenizer_config.json': bytes(config) }),
    ...others,
  });
}

test('what a post-processor puts behind a text is left out: a prompt does not end', () => {
  const piece = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = { Sequence: { id: 'A', type_id: 0 } };
  const { post_processor: post } = withPost as unknown as { post_processor: object };
  const both = { ...bpe, post_processor: { ...post, single: [piece('<s>'), sequence, piece('</s>')] } };
  const plain = load(undefined).encode('a b', true);
  assert.equal(load(undefined, {}, both).encode('a b', true), [1, ...plain]);
  assert.equal(load(undefined, {}, both).encode('a b', false), plain);
});

test('a continuation has no space before it that the text has not', () => {
  const tokenizer = load(undefined);
  assert.equal(tokenizer.encodeContinuation('b'), tokenizer.encode('ab', false).slice(-1));
  assert.not.equal(tokenizer.encode('b', false), tokenizer.encodeContinuation('b'));
  for (const name of ['bpe metaspace', 'pre level-True-True', 'pre metaspace-always-True']) {
    const { encode, encodeContinuation } = load(undefined, {}, definitionOf(name));
    assert.equal(encodeContinuation(' a'), encode(' a', false), name);
  }
});

test('add_bos_token must be what tokenizer.json does', () => {
  const named = { bos_token: '<s>' };
  assert.throws(() => load({ ...named, add_bos_token: true }), /add_bos_token is true.* puts none before a text/);
  assert.throws(() => load({ ...named, add_bos_token: false }, {}, withPost), /add_bos_token is false.* puts one/);
  assert.is(load({ ...named, add_bos_token: true }, {}, withPost).encode('a', true)[0], 1);
  assert.not.throws(() => load({ ...named, add_bos_token: false }));
  assert.throws(() => load({ split_special_tokens: true }), /split_special_tokens is on/);
});

test('add_prefix_space must be what tokenizer.json does', () => {
  const bare = definitionOf('pre level-False-True');
  const spaced = definitionOf('pre level-True-True');
  assert.throws(
    () => load({ add_prefix_space: true }, {}, bare),
    /add_prefix_space is true, but .* puts no space before/,
  );
  assert.throws(() => load({ add_prefix_space: false }, {}, spaced), /add_prefix_space is false, but .* puts a space/);
  assert.not.throws(() => load({ add_prefix_space: false }, {}, bare));
  assert.not.throws(() => load({ add_prefix_space: true }, {}, spaced));
  assert.not.throws(() => load({ add_prefix_space: null }, {}, spaced));
});

test('tokens that only the files beside tokenizer.json add are tokens, and contradictions are named', () => {
  const free = 5000;
  const token = (content: string, more: object = {}) => ({ content, special: true, normalized: false, ...more });
  const decoder = (entries: object) => ({ added_tokens_decoder: entries });
  const added = load(decoder({ [free]: token('<new>') }));
  assert.ok(added.encode('a<new>', false).includes(free));
  assert.ok(added.isSpecial(free));
  assert.ok(
    load({}, { 'added_tokens.json': bytes({ '<new>': free }) })
      .encode('<new>', false)
      .includes(free),
  );
  assert.throws(() => load(decoder({ 7: token('</s>') })), /"<\/s>" has the id 7, in tokenizer\.json 2/);
  assert.throws(() => load(decoder({ 2: token('<new>') })), /"<\/s>" and "<new>" have the same id 2/);
  assert.throws(() => load(decoder({ x: token('<new>') })), /"<new>" has the id null, which is not a token id/);
  assert.throws(
    () => load({}, { 'added_tokens.json': bytes({ '<new>': 0.5 }) }),
    /has the id 0\.5, which is not a token id/,
  );
});

test('special tokens come from special_tokens_map.json where the configuration is of the older form', () => {
  const map = { 'special_tokens_map.json': bytes({ eos_token: { content: '</s>' } }) };
  assert.equal(load({}, map).eos, { text: '</s>', id: 2 });
  assert.is(load({ added_tokens_decoder: {} }, map).eos, undefined);
  assert.is(load({ eos_token: '<not there>' }).eos, undefined);
});

test('the chat template is the one that transformers takes, and choices that nobody made are named', () => {
  const text = (value: string) => Buffer.from(value);
  const prompt = (config: object | undefined, others: TokenizerFiles = {}) =>
    load(config, others).chat!.render([{ role: 'user', content: 'x' }], true);
  assert.is(prompt({ chat_template: 'config' }, { 'chat_template.jinja': text('jinja') }), 'jinja');
  assert.is(prompt({}, { 'chat_template.json': bytes({ chat_template: 'json' }) }), 'json');
  assert.is(prompt({ chat_template: 'same' }, { 'chat_template.json': bytes({ chat_template: 'same' }) }), 'same');
  const named = (...names: string[]) => ({ chat_template: names.map((name) => ({ name, template: `is ${name}` })) });
  assert.is(prompt(named('tool_use', 'default')), 'is default');
  assert.throws(
    () => prompt(named('tool_use', 'rag')),
    /its chat templates \("tool_use", "rag"\) none is called "default"/,
  );
  assert.throws(
    () => prompt({ chat_template: 'one' }, { 'chat_template.json': bytes({ chat_template: 'other' }) }),
    /chat_template\.json and tokenizer_config\.json hold different chat templates/,
  );
  assert.is(load({}).chat, undefined);
  assert.is(prompt({ chat_template: '{{ unk_token }}{{ bos_token }}', unk_token: '<unk>' }), '<unk>');
});

test('spaces are tidied up only where the configuration says so', () => {
  const ids = load(undefined).encode('a .', false);
  assert.match(load({}).decode(ids), /a \.$/);
  assert.match(load({ clean_up_tokenization_spaces: true }).decode(ids), /a\.$/);
});

test('a folder without tokenizer.json is named, with what it has and what to do', () => {
  const error = (has: string[], folder?: string) => {
    try {
      loadTokenizer({}, { folder, has });
    } catch (thrown) {
      return `${(thrown as DataError).message} | ${(thrown as DataError).hint}`;
    }
    return '';
  };
  assert.match(
    error(['config.json', 'tokenizer.model'], '/m/x'),
    /^\/m\/x has no tokenizer\.json, only tokenizer\.model \| .*from_pretrained\("\/m\/x"\)/,
  );
  assert.match(error(['vocab.json', 'merges.txt'], '/m/x'), /only vocab\.json and merges\.txt/);
  assert.match(error(['tokenizer_config.json'], '/m/x'), /of a tokenizer there is tokenizer_config\.json \| Copy/);
  assert.match(error([]), /^The model has no tokenizer\.json \| .*`init`/);
});

test.run();
