import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { writeFailure } from '../diagnostics/file-system-error.js';
import { makeFolder } from '../formats/make-folder.js';
import { schemaText } from '../workflow/schema.js';
import type { Command } from './command.js';
import { print } from './output.js';

const workflowName = 'workflow.yaml';
const schemaName = 'workflow.schema.json';

export const command: Command = {
  name: 'init',
  usage: '[DIR]',
  summary: 'Write a commented workflow.yaml to start from',
  positionals: { min: 0, max: 1 },
  options: {},
  details: `Writes DIR/${workflowName} and, for completion in the editor, DIR/${schemaName}. Overwrites nothing.`,
  async run({ positionals: [folder = '.'] }) {
    try {
      await makeFolder(folder);
      const workflow = join(folder, workflowName);
      writeFileSync(workflow, starter, { flag: 'wx' });
      writeSchema(join(folder, schemaName));
      print(`wrote ${workflow}\nnext: runflow run ${workflow}\n`);
      return exitCodes.done;
    } catch (error) {
      const { code, path, message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || code === 'ENOTDIR') {
        throw new UsageError(`${path ?? folder} exists already`, { hint: 'Name another folder: runflow init DIR.' });
      }
      throw new EnvironmentError(`cannot write into ${folder}: ${writeFailure(error) ?? message}`, {
        cause: error,
        hint: 'Name another folder: runflow init DIR.',
      });
    }
  },
};

/** A schema that is there already is left alone: it serves the same purpose. */
function writeSchema(file: string): void {
  try {
    writeFileSync(file, schemaText(), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

const starter = `# yaml-language-server: $schema=./${schemaName}
# Do two fine-tunings of a model change the same directions of its weights, and are they those of its alignment?
# "runflow run ${workflowName}" answers in results/starter/report.html. Change a line and run it again: only what the
# line concerns is computed anew. "runflow schema" prints everything that may stand here.
runflow: 1
name: starter
seed: 1

params:
  size: 0.02

# Checkpoints. Yours come from disk or from the Hugging Face hub:
#   base: { path: ../checkpoints/base }
#   base: { hub: Qwen/Qwen2.5-1.5B }
# These are small and random, so that the workflow runs as it stands.
models:
  base:
    init: { family: llama, hidden: 64, layers: 2, heads: 4, kv-heads: 2, mlp: 160, vocabulary: 200 }
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  useful: { perturb: aligned, seed: 3, norm: "\${params.size}", decay: 0.8 }
  harmful: { perturb: aligned, seed: 4, norm: "\${params.size}", decay: 0.8, share: { update: useful, weight: 0.5 } }

# Differences of two checkpoints, tensor by tensor.
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  harmful: { from: aligned, to: harmful }

# Directions of the alignment update, and random ones to compare with.
subspaces:
  top-k: { kind: top-k, of: alignment }
  random: { kind: random, like: alignment, seeds: [1, 2] }

# How much of each fine-tuning lies inside the subspace, at growing ranks?
sweeps:
  parallel:
    project: [useful, harmful]
    onto: [top-k, random]
    mode: parallel
    fractions: [0.01, 0.25, 0.5, 0.75, 0.99]

# How much do the strongest directions of two updates overlap?
metrics:
  overlap:
    kind: mso
    pairs: [[useful, harmful], [useful, alignment], [harmful, alignment]]
    energies: [0.1, 0.5, 0.9]
  # What models with a tokenizer do, along every sweep that names it (measure: [energy, accuracy]); "on" are datasets:
  #   accuracy: { kind: exact-match, on: questions }
  #   compliance: { kind: judge, on: requests, judge: { rules: { refusals: qi } } }

# What you expect; the report says whether it holds.
claims:
  above-chance: { kind: above-baseline, metric: overlap }
`;
