import { InvalidWorkflowError } from '../diagnostics/errors.js';
import { type CommandResultsParams, fileOutput } from '../steps/command-results.js';
import type { GivenInput } from '../steps/program.js';
import type { Input } from '../steps/step.js';
import type { CommandStep, StepInput, Workflow } from '../workflow/workflow.js';
import type { DatasetExpansion } from './expand-datasets.js';
import type { ModelExpansion } from './expand-models.js';
import type { ProgramExpansion } from './expand-programs.js';
import type { Waiting } from './expand-updates.js';
import { listedText } from './listed-text.js';
import type { PlanBuilder } from './plan-builder.js';

/** Place of the results of steps: a folder for each. */
export const stepsFolder = 'steps/';

/** What steps are planned with. All tables of results are in the builder. */
export interface StepParts {
  readonly models: ModelExpansion;
  readonly datasets: DatasetExpansion;
  readonly programs: ProgramExpansion;
  readonly builder: PlanBuilder;
}

/** Adds the programs of the user's that make tables and files of what all others make. */
export function expandSteps({ steps }: Workflow, parts: StepParts): void {
  // A step sees no results of other steps: which comes first is then no question.
  const made = new Map(parts.builder.results.map(({ file, node, output }) => [file, { node, output }]));
  for (const step of steps.values()) addStep(step, made, parts);
}

function addStep(step: CommandStep, made: ReadonlyMap<string, Input>, parts: StepParts): void {
  const { name, tables, files } = step;
  const { builder } = parts;
  const of = `steps.${name}`;
  const { params: program, inputs: own, more } = parts.programs.add(of, step.command);
  const inputs: Record<string, Input> = { ...own };
  const kinds: Record<string, GivenInput> = {};
  const waitsFor = new Set<string>();
  for (const [input, given] of Object.entries(step.inputs)) {
    const found = inputOf(step, given, made, parts);
    if ('waitsFor' in found) for (const waiting of found.waitsFor) waitsFor.add(waiting);
    else inputs[`with/${input}`] = found;
    kinds[input] = kindOf(given);
  }
  if (waitsFor.size > 0) {
    builder.defer([...waitsFor], of);
    return;
  }
  const params: CommandResultsParams = {
    program,
    ...(Object.keys(kinds).length > 0 && { with: kinds }),
    ...(tables.length > 0 && { tables }),
    ...(files.length > 0 && { files }),
  };
  const id = `command-results[${name}]`;
  const planned = { id, kind: 'command-results' as const, params, inputs, group: `Step ${name}`, ...more };
  const node = builder.addOfAllSeeds(planned, of);
  for (const file of [...tables, ...files]) {
    builder.results.push({ file: `${stepsFolder}${name}/${file}`, node, output: fileOutput(file) });
  }
}

function kindOf(input: StepInput): GivenInput {
  if ('model' in input) return 'model';
  if ('dataset' in input) return 'dataset';
  return 'table' in input ? 'table' : 'responses';
}

function inputOf(
  step: CommandStep,
  given: StepInput,
  made: ReadonlyMap<string, Input>,
  { models, datasets, builder }: StepParts,
): Input | Waiting {
  if ('dataset' in given) {
    const rows = datasets.node(given.dataset);
    return 'waitsFor' in rows ? rows : { node: rows.node, output: 'rows' };
  }
  if ('model' in given) {
    const { node, waitsFor } = models.node(given.model);
    if (node === undefined) return { waitsFor };
    const input = { node, output: '*' };
    if (builder.trainingSeeds.of([input]) !== undefined) throw severalSeeds(step, given.model);
    return input;
  }
  const file = 'table' in given ? given.table : `items/${given.responses}.jsonl`;
  const found = made.get(file);
  if (found !== undefined) return found;
  const waitsFor = builder.waitsFor();
  if (waitsFor.length > 0) return { waitsFor };
  throw notMade(step, given, [...made.keys()]);
}

function severalSeeds({ name, range }: CommandStep, model: string): InvalidWorkflowError {
  const message = `step ${name} takes the model ${model}, of which there is one for each training seed`;
  const hint = 'Give it a table, which has a row for each of them, or a model with one seed.';
  return new InvalidWorkflowError([{ severity: 'error', code: 'several-seeds', message, range, hint }]);
}

function notMade(
  { name, range }: CommandStep,
  given: { readonly table: string } | { readonly responses: string },
  made: readonly string[],
): InvalidWorkflowError {
  const isTable = 'table' in given;
  const what = isTable ? given.table : `responses behind the metric ${given.responses}`;
  const message = `step ${name} takes ${what}, which no sweep or metric of this workflow makes`;
  const others = isTable
    ? made.filter((file) => file.endsWith('.csv') && !file.includes('/'))
    : made.flatMap((file) => /^items\/(.*)\.jsonl$/.exec(file)?.[1] ?? []);
  const hint = others.length === 0 ? 'It makes none.' : `There are: ${listedText(others)}.`;
  return new InvalidWorkflowError([{ severity: 'error', code: 'missing-table', message, range, hint }]);
}
