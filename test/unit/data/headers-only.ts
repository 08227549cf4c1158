import { type Architecture, architectureTensors } from '../../../src/formats/architecture.js';
import { modelConfig } from '../../../src/formats/model-config.js';
import { serializeSafetensorsHeader } from '../../../src/formats/safetensors-header.js';
import { realModels } from '../../fixtures/real-models.js';
import type { HubServer, ServedFile, ServedRepository } from './hub-server.js';

const tokenizerBytes = 7_000_000;
const parquetBytes = 5_000_000;
/** Data of the experiments: repository → splits. */
const datasets = {
  'meta-math/MetaMathQA': ['default/train'],
  'PKU-Alignment/BeaverTails': ['default/30k_train', 'default/330k_test'],
  'openai/gsm8k': ['main/test', 'main/train'],
  'walledai/AdvBench': ['default/train'],
  'DigitalLearningGmbH/MATH-lighteval': ['default/test'],
  'toxigen/toxigen-data': ['annotated/train'],
};

/** A repository of the true names, shapes and sizes of a profile's models: two shards of which only the headers are there. */
export function headersOnly(profile: string, commit = '1'.repeat(40)): ServedRepository & { readonly weights: number } {
  const { architecture: shapes, tables = [] } = realModels[profile]!;
  const architecture: Architecture = { ...shapes, ropeTheta: 10_000, normEpsilon: 1e-5 };
  const tensors = [
    ...[...architectureTensors(architecture)].map(([name, shape]) => ({ name, dtype: 'BF16' as const, shape })),
    ...tables.map((name) => ({ name, dtype: 'F32' as const, shape: [architecture.headDim / 2] })),
  ];
  const middle = Math.ceil(tensors.length / 2);
  const shards = [tensors.slice(0, middle), tensors.slice(middle)].map((part, index) => {
    const { head, tensors: placed } = serializeSafetensorsHeader(part, {});
    const size = head.length + placed.reduce((sum, { bytes }) => sum + bytes, 0);
    const file: ServedFile = { bytes: Buffer.from(head), size, large: true };
    return { name: `model-0000${index + 1}-of-00002.safetensors`, part, size, file };
  });
  const map = Object.fromEntries(shards.flatMap(({ name, part }) => part.map((tensor) => [tensor.name, name])));
  const json = (value: unknown): ServedFile => ({ bytes: Buffer.from(JSON.stringify(value)) });
  return {
    revisions: { main: commit },
    files: {
      'config.json': json(modelConfig(architecture, 'BF16')),
      'model.safetensors.index.json': json({ weight_map: map }),
      'tokenizer.json': { bytes: Buffer.from('{}'), size: tokenizerBytes, large: true },
      ...Object.fromEntries(shards.map(({ name, file }) => [name, file])),
    },
    weights: shards.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Puts both models of a profile on a server, and what the experiments take of datasets, by name and size alone. */
export function publishHeaders(hub: HubServer, profile: string): void {
  const { base, aligned } = realModels[profile]!;
  hub.repositories.set(base, headersOnly(profile, '1'.repeat(40)));
  hub.repositories.set(aligned, headersOnly(profile, '2'.repeat(40)));
  for (const [name, splits] of Object.entries(datasets)) {
    const file: ServedFile = { bytes: Buffer.alloc(8), size: parquetBytes };
    hub.repositories.set(`datasets/${name}`, {
      revisions: { main: 'd'.repeat(40), 'refs/convert/parquet': 'c'.repeat(40) },
      files: Object.fromEntries(splits.map((split) => [`${split}/0000.parquet`, file])),
    });
  }
}
