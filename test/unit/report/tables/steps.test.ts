import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Artifact, Artifacts } from '../../../../src/formats/artifact.js';
import { digestOf } from '../../../../src/formats/digest.js';
import type { JsonObject } from '../../../../src/formats/json.js';
import type { CosineResult, EnergyResult, LossCurve, OverlapResult } from '../../../../src/formats/step-results.js';
import { type EnergyTableParams, energyTable } from '../../../../src/steps/energy-table.js';
import { lossTable } from '../../../../src/steps/loss-table.js';
import { type OverlapTableParams, overlapTable } from '../../../../src/steps/overlap-table.js';
import { type ReportParams, report } from '../../../../src/steps/report.js';
import type { StepContract } from '../../../../src/steps/step.js';
import { implementationOf } from '../../../../src/worker/implementations.js';
import type { StepContext } from '../../../../src/worker/step-context.js';

/** Runs one step on inputs held in memory. Anything of the context that these steps do not need throws. */
async function run(declaration: StepContract, params: JsonObject, inputs: Readonly<Record<string, string>>) {
  const outputs: Record<string, string> = {};
  const artifact = (text: string): Artifact => ({ digest: digestOf(text), bytes: Buffer.byteLength(text) });
  const contents = new Map(Object.values(inputs).map((text) => [digestOf(text), text]));
  const unused = (): never => {
    throw new Error('not for this step');
  };
  const context: StepContext = {
    params,
    hints: {},
    input: (name) => artifact(inputs[name] ?? unused()),
    has: (name) => name in inputs,
    inputs: (): Artifacts => unused(),
    read: async ({ digest }) => new TextEncoder().encode(contents.get(digest)!),
    write: async (output, bytes) => {
      outputs[output] = new TextDecoder().decode(bytes);
      return artifact(outputs[output]);
    },
    writer: unused,
    reference: unused,
    gpu: unused,
    resident: unused,
    scratch: unused,
    memory: unused,
    mark: 'none',
    changeShared: unused,
    progress: () => {},
    log: unused,
    warn: unused,
    signal: new AbortController().signal,
  };
  await (await implementationOf(declaration.kind))(context);
  return outputs;
}

const energy: EnergyResult = { total: 4, kept: [1, 3, 4], realised: [1, 3] };
const cosine: CosineResult = { product: 2, energy: 4, ontoEnergy: 4 };
const overlap: OverlapResult = { d: 4, energyA: [1], energyB: [2], points: [{ kA: 1, kB: 1, shared: 0.5 }] };
const energyParams: EnergyTableParams = {
  rows: ['useful', 'harmful'].map((update) => ({
    update,
    subspace: 'random',
    seed: 1,
    mode: 'orthogonal',
    side: 'left',
    extents: [{ fraction: 0.3 }, { fraction: 0.6 }],
    tensors: [{ tensor: 'w', rankMax: 3, ranks: [1, 2], realisedRanks: [1, 2] }],
  })),
};
const overlapParams: OverlapTableParams = { rows: [{ pair: ['useful', 'harmful'], energies: [0.5], tensors: ['w'] }] };

test('results of energy, overlap and training steps become tables, and tables a report', async () => {
  const energies = await run(energyTable, energyParams, {
    '0/0': JSON.stringify(energy),
    '0/0/cosine': JSON.stringify(cosine),
    '1/0': JSON.stringify({ ...energy, total: 8 }),
    '1/0/cosine': JSON.stringify({ ...cosine, energy: 8, ontoEnergy: 0 }),
  });
  assert.is(
    energies['energy.csv'],
    'update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,update_energy,cosine_projected,cosine_alignment,rank\n' +
      'useful,random,1,orthogonal,left,0.3,0.25,0.25,4,0.5,0.5,\n' +
      `useful,random,1,orthogonal,left,0.6,0.75,0.75,4,${Math.sqrt(0.75)},0.5,\n` +
      `harmful,random,1,orthogonal,left,0.3,0.125,0.125,8,${Math.sqrt(0.125)},,\n` +
      `harmful,random,1,orthogonal,left,0.6,0.375,0.375,8,${Math.sqrt(0.375)},,\n`,
  );
  const overlaps = await run(overlapTable, overlapParams, { '0/0': JSON.stringify(overlap) });
  assert.is(
    overlaps['overlap.csv'],
    'pair,tensor,energy,k_a,k_b,d,overlap,baseline\nuseful:harmful,w,0.5,1,1,4,0.5,0.25\n',
  );
  const curve: LossCurve = [{ step: 1, loss: 2.5, learningRate: 0.001, gradientNorm: 3, tokens: 64 }];
  const losses = await run(lossTable, { models: ['tuned'] }, { '0': JSON.stringify(curve) });
  assert.is(losses['loss.csv'], 'model,step,loss,learning_rate,gradient_norm,tokens\ntuned,1,2.5,0.001,3,64\n');
  const files = { ...energies, ...overlaps, ...losses };
  const params: ReportParams = {
    title: 'Example',
    workflow: 'example',
    files: Object.keys(files),
    linked: [],
    updates: [],
    figures: ['energy', 'overlap'],
    tables: ['energy', 'overlap'],
    asked: [{ label: 'Metric overlap', text: 'mso' }],
    provenance: [{ label: 'Semantics', text: 'reference' }],
  };
  const outputs = await run(report, params, files);
  assert.equal(Object.keys(outputs), ['report.html']);
  for (const text of Object.values(files)) assert.match(outputs['report.html']!, digestOf(text));
});

test.run();
