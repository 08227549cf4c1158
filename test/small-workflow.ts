/** A workflow that makes its own models and has every kind of step but fetch and training; a run of it takes a second or two. */
export const smallWorkflow = `runflow: 1
name: small
models:
  base:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }
    seed: 1
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  useful: { perturb: aligned, seed: 3, norm: 0.02, decay: 0.8, share: { update: alignment, weight: 0.3 } }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random: { kind: random, like: alignment, seeds: [1] }
sweeps:
  parallel: { project: useful, onto: [top-k, random], mode: parallel, fractions: [0.1, 0.5], measure: [energy] }
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.1, 0.5] }
`;
