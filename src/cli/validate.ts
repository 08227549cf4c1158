import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../diagnostics/errors.js';
import { type ExitCode, exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import { renderDiagnostics } from '../diagnostics/render.js';
import { styleFor } from '../diagnostics/style.js';
import { measuresNothing } from '../plan/definitions-in-use.js';
import { StudyPrograms } from '../run/programs/study-programs.js';
import { knownPrograms } from '../run/programs/trust.js';
import type { PlannedCommand } from '../run/programs/workflow-programs.js';
import { type LoadOptions, loadStudy } from '../workflow/load.js';
import type { Study, StudyCell } from '../workflow/study.js';
import type { Command } from './command.js';
import { loadOptions, studyNamed, workflowOptions } from './load-workflow.js';
import { print, printJson } from './output.js';
import { programLines } from './program-lines.js';

export const command: Command = {
  name: 'validate',
  usage: 'FILE…',
  summary: 'Check workflows without running anything',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: ['workflow'],
  options: {
    ...workflowOptions,
    json: {
      description:
        'Print one JSON object: {valid, workflows: [{file, valid, diagnostics: [{file, line, column, severity, code, message, hint}], commands}]}',
    },
  },
  details: 'Exit codes: 0 all are valid, 2 one is not.',
  async run(invocation) {
    const options = loadOptions(invocation);
    if (invocation.switch('json')) return describe(invocation.positionals, options);
    let valid = true;
    for (const file of invocation.positionals) {
      try {
        const study = await studyNamed(file, options);
        const commands = commandsText(study);
        print(`${printableLine(summary(file, study))}\n${commands}`);
      } catch (error) {
        if (!(error instanceof InvalidWorkflowError)) throw error;
        process.stderr.write(renderDiagnostics(error.diagnostics, styleFor(process.stderr, process.env)));
        valid = false;
      }
    }
    return valid ? exitCodes.done : exitCodes.invalid;
  },
};

/** Says the same for a program. What is wrong with a workflow is an answer, so that it goes to stdout. */
async function describe(files: readonly string[], options: LoadOptions): Promise<ExitCode> {
  const workflows = [];
  for (const file of files) {
    const loaded = await loadStudy(file, options);
    const programs = loaded.ok ? programsOf(loaded.value) : { commands: [], problems: [] };
    const diagnostics = [...(loaded.ok ? loaded.warnings : loaded.diagnostics), ...programs.problems];
    const valid = loaded.ok && programs.problems.length === 0;
    const { commands } = programs;
    workflows.push({
      file,
      valid,
      diagnostics: diagnostics.map(describeDiagnostic),
      ...(commands.length > 0 && { commands }),
    });
  }
  const valid = workflows.every((workflow) => workflow.valid);
  printJson({ valid, workflows });
  return valid ? exitCodes.done : exitCodes.invalid;
}

/** The programs that a run would start, or what is wrong with their files. */
function programsOf(study: Study): {
  readonly commands: readonly PlannedCommand[];
  readonly problems: readonly Diagnostic[];
} {
  try {
    return { commands: programsOfStudy(study).describe(), problems: [] };
  } catch (error) {
    if (!(error instanceof InvalidWorkflowError)) throw error;
    return { commands: [], problems: error.diagnostics };
  }
}

function programsOfStudy(study: Study): StudyPrograms {
  const workflows = study.cells.map(({ workflow }) => workflow);
  return new StudyPrograms(study, knownPrograms(workflows, false));
}

/** A diagnostic with its place laid open. One of a file that cannot be read has none. */
function describeDiagnostic({ range, related = [], ...diagnostic }: Diagnostic) {
  const others = related.map(({ message, range: other }) => ({ ...describePlace(other), message }));
  const place = range === undefined ? {} : describePlace(range);
  return { ...place, ...diagnostic, ...(others.length === 0 ? {} : { related: others }) };
}

function describePlace({ file, start, end }: SourceRange) {
  return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

/** The programs that a run would start, and whether they are allowed. */
function commandsText(study: Study): string {
  const programs = programsOfStudy(study);
  const lines = programs.all.flatMap((program) => programLines(program, programs.isAllowed(program)));
  return lines.length === 0
    ? ''
    : `  a run would start programs of yours:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const counted = ['models', 'datasets', 'recipes', 'updates', 'subspaces', 'sweeps', 'metrics', 'steps'] as const;

function summary(file: string, { axes, cells }: Study): string {
  const [{ workflow }] = cells as [StudyCell];
  if (axes.length > 0) {
    const names = axes.map(({ path }) => path).join(', ');
    const idle = cells.filter((cell) => measuresNothing(cell.workflow)).map(({ label }) => label);
    const note = idle.length === 0 ? '' : `; nothing is measured in ${idle.join(', ')}`;
    return `${file}: valid, a matrix of ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'} over ${names}${note}`;
  }
  const sections = counted
    .filter((section) => workflow[section].size > 0)
    .map((section) => `${workflow[section].size} ${workflow[section].size === 1 ? section.slice(0, -1) : section}`);
  const profile = workflow.profile === undefined ? '' : ` with profile ${workflow.profile}`;
  const idle = measuresNothing(workflow) ? ', but measures nothing: there is nothing to run' : '';
  return `${file}: valid${profile}${sections.length > 0 ? ` (${sections.join(', ')})` : ''}${idle}`;
}
