import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DataError, UsageError } from '../../../src/diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { checkpointArtifacts, openCheckpoint } from '../../../src/formats/checkpoint.js';
import { contentsOfModel, writeCheckpoint } from '../../../src/formats/checkpoint-writer.js';
import { digestOf } from '../../../src/formats/digest.js';
import { hashRanges } from '../../../src/formats/hash-ranges.js';
import { type DType, type TensorInfo, tensorBytes } from '../../../src/formats/tensor.js';
import { chooseWeightFiles } from '../../../src/formats/weight-files.js';

const test = suite<{ folder: string }>('checkpoint', { folder: '' });
test.before.each(async (context) => {
  context.folder = join(await mkdtemp(join(tmpdir(), 'runflow-checkpoint-')), 'model');
});
test.after.each((context) => rm(join(context.folder, '..'), { recursive: true }));

const tensors: readonly TensorInfo[] = ['10.w', '2.w', '1.b', 'norm'].map((name, i) => ({
  name,
  dtype: i % 2 === 0 ? 'F32' : 'BF16',
  shape: [i + 1, 3],
}));
const bytesOf = (tensor: TensorInfo) => new Uint8Array(tensorBytes(tensor)).fill(tensor.name.length + tensor.shape[0]!);
const config = Buffer.from('{"model_type":"llama","tie_word_embeddings":true}');

async function write(folder: string, shardBytes?: number): Promise<void> {
  const files = new Map([['config.json', [config]]]);
  await writeCheckpoint(folder, { tensors, source: (tensor) => [bytesOf(tensor)], files }, shardBytes);
}

async function failure(run: () => Promise<unknown>): Promise<DataError> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, DataError);
    return error as DataError;
  }
  return assert.unreachable('no error') as never;
}

for (const [name, shardBytes] of [
  ['one file', undefined],
  ['several shards', 40],
] as const) {
  test(`a model written to ${name} is read back: tensors in natural order, digests of their bytes`, async ({
    folder,
  }) => {
    await write(folder, shardBytes);
    assert.is((await readdir(folder)).includes('model.safetensors.index.json'), shardBytes !== undefined);
    const checkpoint = await openCheckpoint(folder);
    assert.equal([...checkpoint.tensors.keys()], ['1.b', '2.w', '10.w', 'norm']);
    assert.is(checkpoint.tied, true);
    const artifacts = await checkpointArtifacts(checkpoint, hashRanges);
    assert.equal(Object.keys(artifacts), [
      'tensor/1.b',
      'tensor/2.w',
      'tensor/10.w',
      'tensor/norm',
      'file/config.json',
    ]);
    for (const tensor of tensors) {
      const { digest, bytes, tensor: found, at } = artifacts[`tensor/${tensor.name}`]!;
      assert.is(digest, digestOf(bytesOf(tensor)));
      assert.is(bytes, tensorBytes(tensor));
      assert.equal(found, { dtype: tensor.dtype, shape: tensor.shape });
      assert.equal((await readFile(at!.file)).subarray(at!.offset, at!.offset + bytes), Buffer.from(bytesOf(tensor)));
    }
    assert.is(artifacts['file/config.json']!.digest, digestOf(config));
  });
}

test('the same tensors give the same artifacts however they are split into files', async ({ folder }) => {
  const split = join(folder, '..', 'split');
  await write(folder);
  await write(split, 1);
  const strip = async (path: string) =>
    Object.entries(await checkpointArtifacts(await openCheckpoint(path), hashRanges)).map(([name, { at, ...rest }]) => [
      name,
      rest,
    ]);
  assert.equal(await strip(folder), await strip(split));
});

test('a model written out from its artifacts is the same model', async ({ folder }) => {
  await write(folder, 40);
  const artifacts = await checkpointArtifacts(await openCheckpoint(folder), hashRanges);
  const copy = join(folder, '..', 'copy');
  const read = async ({ at }: Artifact, offset: number, length: number) =>
    (await readFile(at!.file)).subarray(at!.offset + offset, at!.offset + offset + length);
  await writeCheckpoint(copy, contentsOfModel(artifacts, read));
  assert.equal(await readdir(copy), ['config.json', 'model.safetensors']);
  const again = await checkpointArtifacts(await openCheckpoint(copy), hashRanges);
  const digests = (model: Artifacts) =>
    Object.entries(model).map(([name, { digest, tensor }]) => [name, digest, tensor]);
  assert.equal(digests(again), digests(artifacts));
});

test('a folder is never overwritten, and a failed write leaves nothing', async ({ folder }) => {
  await mkdir(folder);
  try {
    await write(folder);
    assert.unreachable('no error');
  } catch (error) {
    assert.instance(error, UsageError);
  }
  await rm(folder, { recursive: true });
  await failure(() => writeCheckpoint(folder, { tensors, source: () => [new Uint8Array(1)], files: new Map() }));
  assert.equal(await readdir(join(folder, '..')), []);
});

test('a model folder needs neither config.json nor a tokenizer', async ({ folder }) => {
  await write(folder);
  await rm(join(folder, 'config.json'));
  const checkpoint = await openCheckpoint(folder);
  assert.is(checkpoint.tied, false);
  assert.is(checkpoint.companions.size, 0);
});

test('missing shards, and an index that disagrees with its shards, are named', async ({ folder }) => {
  await write(folder, 40);
  const shards = (await readdir(folder)).filter((name) => name.endsWith('.safetensors'));
  assert.is(shards.length, 3);
  const index = join(folder, 'model.safetensors.index.json');
  const original = await readFile(index, 'utf8');
  const map = JSON.parse(original) as { weight_map: Record<string, string> };
  const withMap = (change: Record<string, unknown>) =>
    writeFile(index, JSON.stringify({ weight_map: { ...map.weight_map, ...change } }));

  await withMap({ ghost: shards[0] });
  const elsewhere = await failure(() => openCheckpoint(folder));
  assert.match(elsewhere.message, new RegExp(`${shards[0]}: the index says it holds ghost`));
  assert.match(elsewhere.hint!, /are of different saves; take both from one/);
  await withMap({ '10.w': shards[2], norm: shards[2] });
  assert.match((await failure(() => openCheckpoint(folder))).message, /the index says it holds 10\.w/);
  await withMap({ '10.w': '../../etc/passwd' });
  assert.match((await failure(() => openCheckpoint(folder))).message, /not a plain \.safetensors name/);
  await withMap({ '10.w': 7 });
  assert.match((await failure(() => openCheckpoint(folder))).message, /not a plain \.safetensors name/);
  await writeFile(index, original.replace('"10.w"', '"norm"'));
  assert.match((await failure(() => openCheckpoint(folder))).message, /key "norm" stands twice/);
  await writeFile(index, '{"metadata":{}}');
  const unmapped = await failure(() => openCheckpoint(folder));
  assert.match(unmapped.message, /model\.safetensors\.index\.json: it has no weight_map/);
  assert.match(unmapped.hint!, /^Take the index from where the shards are from/);

  const { '2.w': _, ...unlisted } = map.weight_map;
  await writeFile(index, JSON.stringify({ weight_map: unlisted }));
  assert.match(
    (await failure(() => openCheckpoint(folder))).message,
    /holds 2\.w, which the index does not place here/,
  );

  await writeFile(index, original);
  await rm(join(folder, shards[1]!));
  const error = await failure(() => openCheckpoint(folder));
  assert.match(error.message, /1 of 3 shards are missing: model-00002-of-00003\.safetensors/);
  await rm(index);
  assert.match(
    (await failure(() => openCheckpoint(folder))).hint!,
    /There are shards, but model\.safetensors\.index\.json is missing/,
  );
});

test('a folder without safetensors weights says what is there and what to do', () => {
  const hint = (names: readonly string[]) => {
    try {
      chooseWeightFiles(names, 'folder');
    } catch (error) {
      return (error as DataError).hint;
    }
    return undefined;
  };
  assert.match(hint([])!, /There is: nothing/);
  assert.match(hint(['config.json', 'pytorch_model.bin'])!, /PyTorch pickles only/);
  assert.match(hint(['model.gguf'])!, /GGUF/);
  assert.match(hint(['adapter_model.safetensors', 'adapter_config.json'])!, /adapter only/);
  assert.match(hint(['a.safetensors', 'b.safetensors'])!, /unclear/);
  assert.is(hint(['weights.safetensors', 'config.json']), undefined);
  assert.equal(chooseWeightFiles(['model.safetensors', 'model.safetensors.index.json'], ''), {
    kind: 'sharded',
    index: 'model.safetensors.index.json',
  });
});

/** Writes a model of these types and config.json; every tensor is [4, 2], or [4] when its name says so. */
async function writeModel(folder: string, dtypes: Readonly<Record<string, DType>>, json?: object): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const named = Object.entries(dtypes).map(([name, dtype]) => ({
    name,
    dtype,
    shape: /norm|bias|scale$/.test(name) ? [4] : [4, 2],
  }));
  const source = (tensor: TensorInfo) => [new Uint8Array(tensorBytes(tensor)).fill(tensor.name.length)];
  const files = new Map(json === undefined ? [] : [['config.json', [Buffer.from(JSON.stringify(json))]]]);
  await writeCheckpoint(folder, { tensors: named, source, files });
}

test('quantised weights are refused with file, tensor and what to do, whatever format quantised them', async ({
  folder,
}) => {
  const q = 'model.layers.0.self_attn.q_proj';
  const formats: Readonly<Record<string, Readonly<Record<string, DType>>>> = {
    fp8: { [`${q}.weight`]: 'F8_E4M3', [`${q}.weight_scale_inv`]: 'F32' },
    'fp8, without its scales': { [`${q}.weight`]: 'F8_E5M2' },
    'int8 of bitsandbytes': { [`${q}.weight`]: 'I8', [`${q}.SCB`]: 'F32' },
    'nf4 of bitsandbytes': { [`${q}.weight`]: 'U8', [`${q}.weight.absmax`]: 'U8' },
    gptq: { [`${q}.qweight`]: 'I32', [`${q}.qzeros`]: 'I32', [`${q}.scales`]: 'F16' },
    'scales alone': { [`${q}.weight`]: 'BF16', [`${q}.weight_scale`]: 'F32' },
    'an integer bias': { [`${q}.weight`]: 'BF16', [`${q}.bias`]: 'I32' },
  };
  for (const [format, dtypes] of Object.entries(formats)) {
    await writeModel(folder, dtypes);
    const error = await failure(() => openCheckpoint(folder));
    assert.match(error.message, /model\.safetensors: tensor model\.layers\.0\.self_attn\.q_proj\..*quantised/, format);
    assert.match(error.hint!, /dequantise/, format);
  }
  // Whole weights that transformers would quantise when it loads them are another model than the file holds.
  await writeModel(folder, { [`${q}.weight`]: 'BF16' }, { quantization_config: { quant_method: 'bitsandbytes' } });
  const error = await failure(() => openCheckpoint(folder));
  assert.match(error.message, /config\.json: quantization_config \("bitsandbytes"\) says/);
  assert.match(error.hint!, /remove quantization_config/);
  // Tables and masks of integers are no weights.
  await writeModel(folder, { [`${q}.weight`]: 'F16', position_ids: 'I64', 'h.0.attn.bias': 'F32', mask: 'BOOL' });
  assert.is((await openCheckpoint(folder)).tensors.size, 4);
});

test('tied embeddings are one matrix under either name, and two that differ are refused', async ({ folder }) => {
  const [embedding, head] = ['model.embed_tokens.weight', 'lm_head.weight'];
  const tied = { tie_word_embeddings: true };
  const stored = async (dtypes: Readonly<Record<string, DType>>, config: object) => {
    await writeModel(folder, { ...dtypes, 'model.norm.weight': 'F32' }, config);
    return checkpointArtifacts(await openCheckpoint(folder), hashRanges);
  };
  // writeModel fills a tensor with the length of its name.
  const ofHead = digestOf(new Uint8Array(32).fill(head.length));
  const both = { [embedding]: 'F32', [head]: 'F32' } as const;
  const only = await stored({ [head]: 'F32' }, tied);
  assert.equal(Object.keys(only), [`tensor/${embedding}`, 'tensor/model.norm.weight', 'file/config.json']);
  assert.is(only[`tensor/${embedding}`]!.digest, ofHead);
  const untied = await stored(both, { tie_word_embeddings: false });
  assert.is(untied[`tensor/${head}`]!.digest, ofHead);
  const { message, hint } = await failure(() => stored(both, tied));
  assert.match(message, /model\.safetensors: lm_head\.weight differs from model\.embed_tokens\.weight/);
  assert.match(hint!, /set tie_word_embeddings to false/);
  assert.match(
    (await failure(() => stored(both, { tie_word_embeddings: 'yes' }))).message,
    /"yes" is neither true nor/,
  );

  const copy = new Uint8Array(32).fill(7);
  await rm(folder, { recursive: true });
  await writeCheckpoint(folder, {
    tensors: [embedding, head].map((name) => ({ name, dtype: 'F32', shape: [4, 2] })),
    source: () => [copy],
    files: new Map([['config.json', [Buffer.from(JSON.stringify(tied))]]]),
  });
  const copies = await checkpointArtifacts(await openCheckpoint(folder), hashRanges);
  assert.is(copies[`tensor/${head}`]!.digest, copies[`tensor/${embedding}`]!.digest);
});

test('two checkpoints in a folder, or an adapter beside one, are refused; other formats are named', async ({
  folder,
}) => {
  await write(folder, 40);
  await writeFile(join(folder, 'pytorch_model.bin'), 'pickle');
  await writeFile(join(folder, 'optimizer.pt'), 'state');
  const old = 'model-00001-of-00009.safetensors';
  await cp(join(folder, 'model-00001-of-00003.safetensors'), join(folder, old));
  assert.equal((await openCheckpoint(folder)).unread, [old, 'pytorch_model.bin']);
  await writeFile(join(folder, 'adapter_model.safetensors'), 'adapter');
  assert.match((await failure(() => openCheckpoint(folder))).message, /an adapter lies beside the weights/);
  await rm(join(folder, 'adapter_model.safetensors'));
  await cp(join(folder, old), join(folder, 'model.safetensors'));
  const { message, hint } = await failure(() => openCheckpoint(folder));
  assert.match(message, /holds two checkpoints: model\.safetensors, and model-00001-of-00003\.safetensors/);
  assert.match(hint!, /Keep one/);
});

test('an index that names model.safetensors itself is that one checkpoint', async ({ folder }) => {
  await write(folder);
  const map = Object.fromEntries(tensors.map(({ name }) => [name, 'model.safetensors']));
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  assert.is((await openCheckpoint(folder)).tensors.size, 4);
});

test('a damaged folder is an error that names the file', async ({ folder }) => {
  const check = async (damage: (file: string) => Promise<unknown>, message: RegExp, file = 'model.safetensors') => {
    await rm(folder, { recursive: true, force: true });
    await write(folder);
    await damage(join(folder, file));
    const error = await failure(() => openCheckpoint(folder));
    assert.match(error.message, message);
    assert.ok(error.message.includes(folder));
  };
  const page = '<html><body>Sign in</body></html>';
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 10\n';
  await check(async (file) => truncate(file, (await stat(file)).size - 10), /truncated at tensor/);
  await check((file) => writeFile(file, pointer), /model\.safetensors: .*Git LFS pointer/);
  await check((file) => writeFile(file, page), /model\.safetensors: .*web page/);
  await check((file) => writeFile(file, page), /config\.json: .*web page/, 'config.json');
  await check((file) => writeFile(file, pointer), /config\.json: .*Git LFS pointer/, 'config.json');
  await check((file) => writeFile(file, ''), /config\.json: .*an empty file/, 'config.json');
  await check((file) => writeFile(file, '{"a":1,"a":2}'), /config\.json: .*stands twice/, 'config.json');
  await check((file) => writeFile(file, '[]'), /config\.json: not a JSON object/, 'config.json');
  await check((file) => rm(file).then(() => symlink('nowhere', file)), /a link to a file that is not there/);
  await check((file) => rm(file).then(() => mkdir(file)), /a folder, not a file/);
});

test('a missing folder is named, with what is in the nearest one that exists', async ({ folder }) => {
  await write(folder);
  await cp(folder, join(folder, '..', 'other'), { recursive: true });
  const error = await failure(() => openCheckpoint(join(folder, '..', 'absent', 'deeper')));
  assert.match(error.message, /absent\/deeper: there is no such file or folder/);
  assert.match(error.hint!, /there is: model, other/);
  assert.match((await failure(() => openCheckpoint(join(folder, 'config.json')))).message, /a file, not a folder/);
});

test.run();
