import { UsageError } from '../../diagnostics/errors.js';
import { listedNames } from '../../diagnostics/listed-names.js';
import type { Digest } from '../../formats/digest.js';
import type { Study } from '../../workflow/study.js';
import { type KnownContents, type ResolvedProgram, resolvePrograms } from './resolve-programs.js';
import { type KnownVersions, type PlannedCommand, WorkflowPrograms } from './workflow-programs.js';

const nothing: ReadonlySet<Digest> = new Set();

/** The programs of the user's that the cells of a study run; what is equal in several cells is one. */
export class StudyPrograms {
  readonly #cells: ReadonlyMap<string, WorkflowPrograms>;
  readonly #allowed: ReadonlySet<Digest>;

  /** @throws InvalidWorkflowError when files of a program are not there */
  constructor({ cells }: Pick<Study, 'cells'>, allowed: ReadonlySet<Digest> = nothing) {
    const contents: KnownContents = new Map();
    const versions: KnownVersions = new Map();
    this.#allowed = allowed;
    this.#cells = new Map(
      cells.map(({ label, workflow }) => {
        return [label, new WorkflowPrograms(resolvePrograms(workflow, contents), allowed, versions)];
      }),
    );
  }

  /** Those of one cell, by its label. */
  of(cell: string): WorkflowPrograms {
    return this.#cells.get(cell)!;
  }

  get all(): readonly ResolvedProgram[] {
    const programs = [...this.#cells.values()].flatMap(({ all }) => all);
    return [...new Map(programs.map((program) => [`${program.of} ${program.digest}`, program])).values()];
  }

  isAllowed({ digest }: ResolvedProgram): boolean {
    return this.#allowed.has(digest);
  }

  describe(): PlannedCommand[] {
    const commands = [...this.#cells.values()].flatMap((programs) => programs.describe());
    return [...new Map(commands.map((command) => [JSON.stringify(command), command])).values()];
  }

  /** @throws UsageError when one of the programs is not allowed */
  requireAllowed(): void {
    const refused = this.all.filter((program) => !this.isAllowed(program));
    if (refused.length > 0) throw notAllowed(refused);
  }
}

/** The error for programs that are not allowed. */
export function notAllowed(programs: readonly ResolvedProgram[]): UsageError {
  const hint =
    'Nothing was run. `runflow validate` shows them. Run it on a terminal to be asked, or give --allow-commands.';
  return new UsageError(`the workflow runs programs that you have not allowed: ${namesOf(programs)}`, { hint });
}

/** The error for programs that are not those which a command was allowed when it began. */
export function notAllowedAsChanged(programs: readonly ResolvedProgram[]): UsageError {
  const hint =
    'Nothing was run. Run it on a terminal to be asked, or give --allow-changed-commands beside --allow-commands.';
  return new UsageError(`programs are not what you allowed when this began: ${namesOf(programs)}`, { hint });
}

function namesOf(programs: readonly ResolvedProgram[]): string {
  return listedNames(
    programs.map(({ of }) => of),
    3,
  );
}
