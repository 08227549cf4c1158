import type { Definition, Named } from './definition.js';
import type { Path } from './document.js';
import { type Program, type RawProgram, resolveProgram } from './program.js';
import type { Scope } from './scope.js';

/** What a program is given: a definition of the workflow, or what it measures. */
export type StepInput =
  | { readonly model: string }
  | { readonly dataset: string }
  /** A file of the results. */
  | { readonly table: string }
  /** A metric. */
  | { readonly responses: string };

/** A program of the user's that makes tables and other files for the results. */
export interface CommandStep extends Definition {
  readonly command: Program;
  /** What the program is given, by name, in the order of the names. */
  readonly inputs: Readonly<Record<string, StepInput>>;
  /** Tables below outputs/. */
  readonly tables: readonly string[];
  /** Other files below outputs/. */
  readonly files: readonly string[];
}

export interface RawCommandStep {
  readonly command: RawProgram;
  readonly inputs?: Named<RawStepInput>;
  readonly tables?: readonly string[];
  readonly files?: readonly string[];
}

interface RawStepInput {
  readonly model?: string;
  readonly dataset?: string;
  readonly table?: string;
  readonly responses?: string;
}

const gibibyte = 2 ** 30;

export function resolveSteps(scope: Scope, raw: Named<RawCommandStep> | undefined): Map<string, CommandStep> {
  return scope.section('steps', raw, (definition, { command, inputs = {}, tables = [], files = [] }, path) => {
    const names = Object.keys(inputs).sort();
    checkOutputs(scope, { tables, files }, path);
    return {
      ...definition,
      command: resolveProgram(scope, command, [...path, 'command'], gibibyte),
      inputs: Object.fromEntries(
        names.map((name) => [name, resolveInput(scope, inputs[name]!, [...path, 'inputs', name])]),
      ),
      tables,
      files,
    };
  });
}

function resolveInput(scope: Scope, raw: RawStepInput, path: Path): StepInput {
  if (Object.keys(raw).length !== 1) {
    const hint = 'For example: { table: energy.csv }, { model: base }, { dataset: words } or { responses: tone }.';
    scope.refuse(
      path,
      'invalid-combination',
      'an input is a table, a model, a dataset or responses, one of them',
      hint,
    );
  }
  const { model, dataset, table, responses } = raw;
  if (model !== undefined) return { model: scope.reference('models', model, [...path, 'model']) };
  if (dataset !== undefined) return { dataset: scope.reference('datasets', dataset, [...path, 'dataset']) };
  if (responses !== undefined) return { responses: scope.reference('metrics', responses, [...path, 'responses']) };
  return { table: table ?? '' };
}

/** Names that every system takes for a file of a folder, and no program for an option. */
const plainName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
/** What runflow writes beside the files of steps, wherever it stands. */
const ownFile = 'report.html';

function checkOutputs(scope: Scope, outputs: Pick<CommandStep, 'tables' | 'files'>, path: Path): void {
  const known = new Set<string>();
  for (const key of ['tables', 'files'] as const) {
    for (const [index, name] of outputs[key].entries()) {
      const problem = outputProblem(key, name, known);
      if (problem !== undefined) {
        scope.refuse([...path, key, String(index)], 'invalid-value', `${name} ${problem.what}`, problem.hint);
      }
      known.add(name.toLowerCase());
    }
  }
  if (known.size > 0) return;
  const hint = 'Name what it writes to outputs/, for example tables: [ranking.csv].';
  scope.refuse(path, 'missing-key', 'the step has neither tables nor files, so that nothing of it would be kept', hint);
}

function outputProblem(
  key: 'tables' | 'files',
  name: string,
  known: ReadonlySet<string>,
): { readonly what: string; readonly hint: string } | undefined {
  const parts = name.split('/');
  if (!parts.every((part) => plainName.test(part))) {
    const hint = 'Names have letters, digits, "_", "-" and ".", and are joined by single slashes: plots/ranking.svg.';
    return { what: 'is not the name of a file in outputs/', hint };
  }
  if (key === 'tables' && !name.endsWith('.csv')) {
    return { what: 'is no table: its name must end in .csv', hint: 'Name it under files: it is then taken as it is.' };
  }
  if (parts.at(-1)!.toLowerCase() === ownFile) {
    return { what: 'has the name of the report that runflow writes', hint: 'Choose another name.' };
  }
  if (known.has(name.toLowerCase())) {
    return {
      what: 'stands there twice, or differs from another name in the case of letters only',
      hint: 'Remove one.',
    };
  }
  return undefined;
}
