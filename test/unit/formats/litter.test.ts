import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../src/formats/checkpoint.js';
import { isLitter } from '../../../src/formats/litter.js';
import { randomTensors, writeFixture } from '../../checkpoint-fixtures.js';

const test = suite('litter');

const left = [
  '._model.safetensors',
  '.model.safetensors.swp',
  '.DS_Store',
  '.~lock.rows.csv#',
  'rows.jsonl~',
  '#rows.jsonl#',
  '~$rows.csv',
  'Thumbs.db',
  'desktop.ini',
  '__MACOSX',
];

test('what systems and editors leave behind is litter, and data is not', () => {
  for (const name of left) assert.ok(isLitter(name), name);
  for (const name of ['model.safetensors', 'a.b-c_d~1.jsonl', '#1.csv', 'thumbs.jsonl', 'größe.parquet']) {
    assert.not(isLitter(name), name);
  }
});

test('litter beside the only weights of a model folder is passed over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'runflow-litter-'));
  try {
    const model = join(folder, 'model');
    await writeFixture(model, randomTensors({ 'a.weight': [2, 3] }, 1));
    for (const name of [...left, '._config.json', '.x.safetensors', '._weights.safetensors']) {
      await writeFile(join(model, name), 'litter');
    }
    const { tensors } = await openCheckpoint(model);
    assert.equal([...tensors.keys()], ['a.weight']);
    // Under another name than transformers gives it the weights are the only safetensors file that counts.
    await rename(join(model, 'model.safetensors'), join(model, 'mine.safetensors'));
    assert.equal([...(await openCheckpoint(model)).tensors.keys()], ['a.weight']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
