import { relative } from 'node:path';
import { UsageError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { schemaText } from '../workflow/schema.js';
import type { Command, Invocation } from './command.js';
import { type NewFile, writeNewFiles } from './new-files.js';
import { print } from './output.js';

const workflowName = 'workflow.yaml';
const schemaName = 'workflow.schema.json';

export const command: Command = {
  name: 'init',
  usage: '[DIR]',
  summary: "Write a commented workflow.yaml to start from, or one of the paper's workflows",
  positionals: { min: 0, max: 1 },
  completes: ['folder'],
  options: {
    template: {
      description: 'Copy a workflow that comes with runflow, and what belongs to it',
      value: 'NAME',
      completes: 'template',
    },
    list: { description: 'List the templates' },
  },
  details: [
    `Writes DIR/${workflowName} and, for completion in the editor, DIR/${schemaName}. With --template it writes a workflow`,
    'that comes with runflow under its own name, beside it what it includes, its profiles, data and programs. Overwrites nothing.',
  ].join('\n'),
  async run(invocation) {
    if (invocation.switch('list')) return list(invocation);
    const [folder = '.'] = invocation.positionals;
    const template = invocation.value('template');
    return template === undefined ? start(folder) : copy(template, folder);
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  if (invocation.value('template') !== undefined || invocation.positionals.length > 0) {
    throw new UsageError('--list takes neither a folder nor a template', { hint: 'See runflow init --help.' });
  }
  const [{ templates }, { columns }] = await Promise.all([import('./templates.js'), import('./columns.js')]);
  print(columns(templates().map(({ name, summary }) => [name, summary])));
  return exitCodes.done;
}

async function start(folder: string): Promise<ExitCode> {
  const [workflow] = await writeNewFiles(folder, [{ name: workflowName, content: starter }, schemaFile()]);
  print(`wrote ${workflow}\nnext: runflow run ${workflow}\n`);
  return exitCodes.done;
}

async function copy(name: string, folder: string): Promise<ExitCode> {
  const { filesOfTemplate, missingInputs, templateNamed } = await import('./templates.js');
  const files = await filesOfTemplate(templateNamed(name), schemaName);
  const written = await writeNewFiles(folder, [...files, schemaFile()]);
  const [workflow] = written;
  print(`wrote ${written.join(', ')}\n`);
  const missing = await missingInputs(workflow!);
  for (const { definition, path } of missing) print(`not there yet: ${definition}, ${relative('.', path)}\n`);
  const first = missing.length === 0 ? '' : 'put there what is missing, or write where it is, then ';
  print(`next: ${first}runflow run ${workflow}\n`);
  return exitCodes.done;
}

/** A schema that is there already is left alone, of whatever version: it serves the same purpose. */
function schemaFile(): NewFile {
  return { name: schemaName, content: schemaText(), yields: true };
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
