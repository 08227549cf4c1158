import { claimEffects } from '../../../src/eval/claims/registry.js';
import { digestOf } from '../../../src/formats/digest.js';
import type { ReportInput } from '../../../src/report/section.js';
import { writeTable } from '../../../src/report/tables/csv.js';
import { dataCsv } from '../../../src/report/tables/data.js';
import { energyColumns, tensorEnergyColumns } from '../../../src/report/tables/energy.js';
import { overlapColumns } from '../../../src/report/tables/overlap.js';
import { reportPartNames } from '../../../src/workflow/report.js';
import { activationsCsv, claimsCsv, evaluationCsv, lossCsv, type Noise } from './example-behaviour.js';
import { realignCsv } from './example-realign.js';
import { anglesCsv, ckaCsv, cosineCsv, spectrumCsv } from './example-updates.js';

const parts = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj']; // biome-ignore format: one line
const fractions = [0.01, 0.25, 0.5, 0.75, 0.99];
/** Of a report, in the order of the page. */
export const allParts = reportPartNames;
const summary = {
  rows: 4000,
  tokens: 812_345,
  targets: 512_000,
  truncated: 12,
  dropped: 0,
  withoutTarget: 1,
  merged: 7,
};
const energies = [0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99];

export interface ExampleNames {
  readonly title: string;
  /** Two of them; the models that they make have their names. */
  readonly updates: readonly [string, string];
  readonly subspaces: readonly string[];
  readonly tensorPrefix: string;
}

export const exampleNames: ExampleNames = {
  title: 'Are safety weight subspaces distinct?',
  updates: ['useful', 'harmful'],
  subspaces: ['top-k', 'random-k', 'random'],
  tensorPrefix: 'model.',
};

/** Tables as a workflow would leave them, from simple formulas: for the looks of a report, not for its numbers. */
export function exampleReport(layers = 4, names: ExampleNames = exampleNames): ReportInput {
  const tensors = [
    `${names.tensorPrefix}embed_tokens.weight`,
    ...Array.from({ length: layers }, (_, layer) => [
      `${names.tensorPrefix}layers.${layer}.input_layernorm.weight`,
      ...parts.map((part) => `${names.tensorPrefix}layers.${layer}.${part}.weight`),
    ]).flat(),
    `${names.tensorPrefix}norm.weight`,
  ];
  const noise: Noise = (...of) => Number.parseInt(digestOf(JSON.stringify(of)).slice(7, 15), 16) / 2 ** 32 - 0.5;
  const model = [];
  const byTensor = [];
  for (const update of names.updates) {
    for (const [kind, subspace] of names.subspaces.entries()) {
      for (const seed of kind === 0 ? [null] : [1, 2, 3]) {
        for (const fraction of fractions) {
          const kept = (tensor: string) =>
            kind === 0
              ? fraction ** (0.6 + 0.3 * noise(update, tensor))
              : Math.min(1, Math.max(0, fraction + 0.04 * noise(update, subspace, seed ?? 0, fraction, tensor)));
          const relations = { update_energy: 1, cosine_projected: null, cosine_alignment: null };
          const series = { update, subspace, seed, mode: 'parallel', side: 'right', fraction, ...relations };
          const mean = tensors.reduce((sum, tensor) => sum + kept(tensor), 0) / tensors.length;
          model.push({ ...series, energy_kept: mean, energy_realised: mean * (1 + 1e-8), rank: null });
          for (const tensor of tensors) {
            const rank_max = tensor.includes('norm') ? 1 : 64;
            const energy_kept = kept(tensor);
            byTensor.push({ ...series, energy_kept, energy_realised: energy_kept, tensor, rank: Math.max(1, Math.round(fraction * rank_max)), rank_max, rank_asked: null }); // biome-ignore format: one line
          }
        }
      }
    }
  }
  const overlap = [];
  const [a, b] = names.updates;
  const pairs = [`${a}:${b}`, `${a}:alignment`, `${b}:alignment`];
  for (const [index, pair] of pairs.entries()) {
    for (const tensor of tensors) {
      for (const energy of energies) {
        const unchanged = tensor.includes('norm') && index > 0;
        const k = Math.max(1, Math.round(64 * energy ** 2));
        const baseline = k / 64;
        const excess = (0.5 - 0.15 * index) * (1 + noise(pair, tensor)) * (1 - baseline);
        const measured = unchanged
          ? { overlap: null, baseline: null }
          : { overlap: Math.min(1, baseline + excess), baseline };
        overlap.push({ pair, tensor, energy, k_a: unchanged ? 0 : k, k_b: k, d: 64, ...measured });
      }
    }
  }
  const files = new Map([
    ['energy.csv', writeTable(energyColumns, model)],
    ['energy-by-tensor.csv', writeTable(tensorEnergyColumns, byTensor)],
    ['evaluation.csv', evaluationCsv(names.updates, names.subspaces, fractions, noise)],
    ['activations.csv', activationsCsv(['aligned', a, b], layers, energies, noise)],
    ['claims.csv', claimsCsv(names.updates, names.subspaces)],
    ['loss.csv', lossCsv(names.updates, noise)],
    ['data.csv', dataCsv(names.updates.map((model) => ({ metric: null, model, dataset: `${model}-rows`, summary })))],
    ['overlap.csv', writeTable(overlapColumns, overlap)],
    ['spectrum.csv', spectrumCsv(names.updates, tensors, noise)],
    ['cosine.csv', cosineCsv(pairs, tensors, noise)],
    ['angles.csv', anglesCsv(pairs, tensors, [0.5, 0.9], noise)],
    ['cka.csv', ckaCsv(['aligned, useful'], ['math', 'toxigen'], noise)],
    ['realign.csv', realignCsv(['restored', 'merged'], tensors, noise)],
  ]);
  return {
    claimEffects,
    params: {
      title: names.title,
      workflow: 'exp3',
      files: [...files.keys()],
      linked: ['items/utility.jsonl', 'items/harmfulness.jsonl'],
      updates: [
        { name: 'alignment', from: 'base', to: 'aligned' },
        { name: a, from: 'aligned', to: a },
        { name: b, from: 'aligned', to: b },
      ],
      tradeOff: { useful: ['utility'], harmful: ['harmfulness'] },
      figures: allParts,
      tables: allParts,
      asked: [
        { label: 'Update alignment', text: 'aligned − base' },
        { label: 'Sweep parallel', text: `the parallel part of ${a}, ${b} to ${names.subspaces.join(', ')}: energy` },
      ],
      provenance: [
        { label: 'Semantics', text: 'paper' },
        { label: 'Device class', text: 'vulkan/google/swiftshader/5' },
        { label: 'Model base', text: 'llama, initialised with seed 1' },
        { label: `Update ${a}`, text: `${a} − aligned` },
      ],
    },
    files,
  };
}
