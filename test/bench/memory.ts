/**
 * Peak memory of a run on large checkpoints: node dist/test/bench/memory.js [GIGABYTES] [OPTION OF runflow run…]
 *
 * Makes two f32 checkpoints of together so many gigabytes (3 unless told) with a vocabulary of 128,256 in a temporary
 * folder, decomposes and projects their difference, and measures the resident memory of the runner and of all its
 * children meanwhile. Takes three times as much disk, and minutes.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCheckpoint } from '../../src/formats/checkpoint-writer.js';
import { tensorBytes } from '../../src/formats/tensor.js';
import { residentBytes } from './resident-bytes.js';

const binary = fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url));
const [size = '3', ...options] = process.argv.slice(2);
const bytes = Number(size) * 1e9;
const [vocabulary, hidden, mlp] = [128_256, 512, 8192];

const workflow = `runflow: 1
name: memory
models: { base: { path: base }, tuned: { path: tuned } }
updates: { change: { from: base, to: tuned } }
subspaces: { top-k: { kind: top-k, of: change }, random: { kind: random, like: change, seeds: [1] } }
sweeps: { parallel: { project: change, onto: [top-k, random], mode: parallel, fractions: [0.5] } }
metrics: { overlap: { kind: mso, pairs: [[change, change]], energies: [0.5] } }
`;

/** Embedding and head, then layers until the checkpoint is as large as it is to be. */
function tensorsOf(bytesOfModel: number) {
  const tensors = ['model.embed_tokens.weight', 'lm_head.weight'].map((name) => tensor(name, [vocabulary, hidden]));
  for (let layer = 0, total = 0; total < bytesOfModel; layer++) {
    tensors.push(
      tensor(`model.layers.${layer}.self_attn.q_proj.weight`, [hidden, hidden]),
      tensor(`model.layers.${layer}.mlp.up_proj.weight`, [mlp, hidden]),
      tensor(`model.layers.${layer}.mlp.down_proj.weight`, [hidden, mlp]),
      tensor(`model.layers.${layer}.input_layernorm.weight`, [hidden]),
    );
    total = tensors.reduce((sum, each) => sum + tensorBytes(each), 0);
  }
  return tensors;
}

const tensor = (name: string, shape: readonly number[]) => ({ name, dtype: 'F32' as const, shape });

/** xorshift32 as numbers in [−1, 1): fast, and good enough to be of full rank. */
function* noise(count: number, seed: number): Generator<Uint8Array> {
  let state = seed;
  for (let done = 0; done < count; done += 1 << 20) {
    const part = new Float32Array(Math.min(1 << 20, count - done));
    for (let i = 0; i < part.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      part[i] = state / 2 ** 31;
    }
    yield new Uint8Array(part.buffer);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'runflow-memory-'));
try {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < 4 * bytes) throw new Error(`${folder}: less than ${(4 * bytes) / 1e9} GB are free`);
  const tensors = tensorsOf(bytes / 2);
  const total = 2 * tensors.reduce((sum, each) => sum + tensorBytes(each), 0);
  for (const [index, name] of ['base', 'tuned'].entries()) {
    await writeCheckpoint(join(folder, name), {
      tensors,
      source: (each) =>
        noise(tensorBytes(each) / 4, 1000 * (index + 1) + tensors.findIndex(({ name }) => name === each.name)),
      files: new Map(),
    });
  }
  const largest = Math.max(...tensors.map(tensorBytes));
  console.log(
    `checkpoints: ${(total / 1e9).toFixed(2)} GB, largest tensor ${(largest / 1e6).toFixed(0)} MB, ${tensors.length} tensors`,
  );
  writeFileSync(join(folder, 'memory.yaml'), workflow);

  const child = spawn(process.execPath, [binary, 'run', 'memory.yaml', ...options], {
    cwd: folder,
    env: { ...process.env, RUNFLOW_STORE: join(folder, 'store'), RUNFLOW_STORE_LIMIT: 'none' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let peak = 0;
  let runner = 0;
  let rest = 0;
  const timer = setInterval(() => {
    const resident = residentBytes(child.pid!);
    const own = resident.get(child.pid!) ?? 0;
    const all = [...resident.values()].reduce((sum, each) => sum + each, 0);
    peak = Math.max(peak, all);
    runner = Math.max(runner, own);
    rest = Math.max(rest, all - own);
  }, 50);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  const megabytes = (value: number) => `${(value / 1e6).toFixed(0)} MB`;
  console.log(
    `peak together ${megabytes(peak)}; runner ${megabytes(runner)}, its children ${megabytes(rest)}; exit code ${status}`,
  );
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
