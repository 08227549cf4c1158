/**
 * True sizes: one layer, the embedding and the output layer of each real model through every kind of step that needs no
 * network, in true shapes and with the true vocabulary; training 4 steps of 64 tokens.
 *
 *   node dist/test/bench/layer-shapes.js [PROFILE…] [-- OPTION OF runflow run…]
 *
 * Tells of every kind of step its seconds, for how long the worker's event loop did not turn at worst, and the memory of
 * all processes together at its highest. Fails when a step fails or the loop stood still for over 2 s. The largest model
 * (qwen2.5-7b) trains in bf16 only, after f32 was refused by the memory plan or where it fits; of the rest its largest
 * tensor goes through perturb, energy and projection, and an SVD of it is started and cancelled after a minute.
 * Takes from half an hour to hours a profile on two cores, up to 16 GB of memory and 40 GB of disk.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCheckpoint } from '../../src/formats/checkpoint-writer.js';
import { layerProfiles } from './layer-profiles.js';
import { figuresText, type WatchedRun, watchedRun } from './watched-run.js';

const allowedLag = 2000;
const cancelAfter = 60_000;
const largest = 'qwen2.5-7b';
const split = process.argv.indexOf('--');
const own = process.argv.slice(2, split < 0 ? undefined : split);
const options = split < 0 ? [] : process.argv.slice(split + 1);

const template = '{ prompt: "user : {prompt} assistant :", response: " {response}" }';

function architecture(profile: string): string {
  const { family, hidden, heads, kvHeads, mlp, vocabulary, tied, ropeTheta } = layerProfiles[profile]!;
  return (
    `{ family: ${family}, hidden: ${hidden}, layers: 1, heads: ${heads}, kv-heads: ${kvHeads}, mlp: ${mlp}, ` +
    `vocabulary: ${vocabulary}, tied: ${tied}, rope-theta: ${ropeTheta} }`
  );
}

/** Models and data that every part has: a base, an aligned and a tuned model. */
const common = (profile: string, precision: string) => `runflow: 1
name: layer-shapes
datasets:
  lessons: { synthetic: problems, rows: 64, seed: 1 }
  refusals: { synthetic: vaults, rows: 16, answer: refuse, seed: 2 }
  words: { mix: { lessons: all, refusals: all } }
  questions: { synthetic: problems, rows: 4, split: test, seed: 3 }
recipes:
  short: { lr: 1.0e-4, steps: 4, batch: 4, precision: ${precision}, max-length: 16, checkpoint-every: 2, template: ${template} }
models:
  base: { init: ${architecture(profile)}, dtype: bf16, seed: 1, tokenizer: { words-of: [words], template: ${template} } }
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  tuned: { finetune: aligned, on: words, recipe: short }
  kept: { project: tuning, onto: top-k, mode: parallel, fraction: 0.25 }
updates:
  alignment: { from: base, to: aligned }
  tuning: { from: aligned, to: tuned }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random: { kind: random, like: alignment, seeds: [1] }
`;

const everyKind = (profile: string) => `${common(profile, 'f32')}
sweeps:
  parallel: { project: tuning, onto: [top-k, random], mode: parallel, fractions: [0.25, 0.5, 0.75] }
  behaviour: { project: tuning, onto: [top-k], mode: parallel, fractions: [0.5], measure: [surprise] }
metrics:
  overlap: { kind: mso, pairs: [[alignment, alignment]], energies: [0.1, 0.5, 0.9] }
  surprise: { kind: loss, on: questions, template: raw }
  utility: { kind: exact-match, on: questions, question: prompt, models: [tuned], template: ${template}, max-tokens: 4 }
  refusal: { kind: judge, on: refusals, models: [tuned], judge: { rules: { refusals: qi } }, template: raw, max-tokens: 4 }
  guarded:
    kind: judge
    on: questions
    models: [aligned]
    judge: { model: tuned, rubric: harmbench, template: raw, max-tokens: 2 }
    template: raw
    max-tokens: 2
  activations:
    kind: activation-mso
    models: [tuned]
    prompts: [questions, refusals]
    layers: [0, 1]
    max-tokens: 2
    energies: [0.5]
claims:
  linear: { kind: linear-energy, sweep: parallel }
`;

/** Training of the largest model, which has room in memory in one precision only. */
const training = (precision: string) => `${common(largest, precision)}
metrics:
  surprise: { kind: loss, on: questions, models: [tuned], template: raw }
`;

/** A checkpoint that is its largest tensor, projected on its short side. */
const largestTensor = `runflow: 1
name: layer-shapes
models:
  base: { path: base }
  tuned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  kept: { project: tuning, onto: random, mode: parallel, side: right, fraction: 0.25, seed: 1 }
updates: { tuning: { from: base, to: tuned } }
subspaces:
  top-k: { kind: top-k, of: tuning }
  random: { kind: random, like: tuning, seeds: [1] }
sweeps:
  parallel: { project: tuning, onto: [random], mode: parallel, side: right, fractions: [0.25] }
  leading: { project: tuning, onto: [top-k], mode: parallel, side: right, fractions: [0.25] }
`;

async function everything(folder: string, profile: string): Promise<void> {
  writeFileSync(join(folder, 'shapes.yaml'), everyKind(profile));
  check(profile, await watchedRun(folder, ['run', 'shapes.yaml', '--json', ...options]));
  check(`${profile}, export`, await watchedRun(folder, ['export', 'shapes.yaml', 'kept', '--to', 'kept']));
}

async function ofLargest(folder: string): Promise<void> {
  writeFileSync(join(folder, 'f32.yaml'), training('f32'));
  const f32 = await watchedRun(folder, ['run', 'f32.yaml', '--json', '--out', 'f32']);
  const refused = f32.failures.find((failure) => /memory/.test(failure));
  console.log(`${largest}, training in f32: ${refused === undefined ? 'it fits here' : `refused: ${refused}`}`);
  if (refused === undefined && f32.status !== 0) process.exitCode = 1;
  writeFileSync(join(folder, 'bf16.yaml'), training('bf16'));
  check(`${largest}, training in bf16`, await watchedRun(folder, ['run', 'bf16.yaml', '--json', '--out', 'bf16']));

  const { vocabulary, hidden } = layerProfiles[largest]!;
  const tensors = [{ name: 'model.embed_tokens.weight', dtype: 'BF16' as const, shape: [vocabulary, hidden] }];
  await writeCheckpoint(join(folder, 'base'), { tensors, source: () => noise(vocabulary * hidden), files: new Map() });
  writeFileSync(join(folder, 'tensor.yaml'), largestTensor);
  check(
    `${largest}, energy`,
    await watchedRun(folder, ['run', 'tensor.yaml', 'sweeps.parallel', '--json', '--out', 'tensor']),
  );
  check(`${largest}, export`, await watchedRun(folder, ['export', 'tensor.yaml', 'kept', '--to', 'kept']));
  let interrupted = Number.NaN;
  const svd = await watchedRun(
    folder,
    ['run', 'tensor.yaml', 'svd[*', '--json', '--out', 'svd'],
    (event, interrupt) => {
      if (event.type !== 'step-started' || !event.step.startsWith('svd[')) return;
      setTimeout(() => {
        interrupted = performance.now();
        interrupt();
      }, cancelAfter);
    },
  );
  const seconds = ((performance.now() - interrupted) / 1000).toFixed(1);
  console.log(`${largest}, svd cancelled after a minute: exit code ${svd.status}, ${seconds} s later`);
  if (svd.status !== 130) process.exitCode = 1;
}

/** Numbers near 0.02 in bf16, quickly: the bits of a xorshift generator under a fixed exponent. */
function* noise(count: number): Generator<Uint8Array> {
  let state = 1;
  for (let done = 0; done < count; done += 1 << 20) {
    const part = new Uint16Array(Math.min(1 << 20, count - done));
    for (let i = 0; i < part.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      part[i] = 0x3c80 | (state & 0x807f);
    }
    yield new Uint8Array(part.buffer);
  }
}

function check(what: string, run: WatchedRun): void {
  console.log(`${what}\n${figuresText(run)}`);
  for (const failure of run.failures) console.log(`FAILED: ${failure}`);
  const late = [...run.kinds.values()].flatMap(({ lag }) =>
    lag !== undefined && lag.milliseconds > allowedLag ? [lag] : [],
  );
  for (const { step, milliseconds } of late)
    console.log(`LATE: ${step} kept the event loop for ${milliseconds / 1000} s`);
  if (run.status !== 0 || late.length > 0) process.exitCode = 1;
}

for (const profile of own.length > 0 ? own : Object.keys(layerProfiles)) {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-layer-shapes-'));
  try {
    await (profile === largest ? ofLargest(folder) : everything(folder, profile));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
