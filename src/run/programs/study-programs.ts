import type { Digest } from '../../formats/digest.js';
import type { Study } from '../../workflow/study.js';
import type { ResolvedProgram } from './resolve-programs.js';
import { notAllowed, type PlannedCommand, WorkflowPrograms } from './workflow-programs.js';

/** The programs of the user's that the cells of a study run; what is equal in several cells is one. */
export class StudyPrograms {
  readonly #cells: ReadonlyMap<string, WorkflowPrograms>;

  /** @throws InvalidWorkflowError when files of a program are not there */
  constructor({ cells }: Study, allowed?: ReadonlySet<Digest>) {
    this.#cells = new Map(cells.map(({ label, workflow }) => [label, new WorkflowPrograms(workflow, allowed)]));
  }

  /** Those of one cell, by its label. */
  of(cell: string): WorkflowPrograms {
    return this.#cells.get(cell)!;
  }

  get all(): readonly ResolvedProgram[] {
    const programs = [...this.#cells.values()].flatMap(({ all }) => all);
    return [...new Map(programs.map((program) => [`${program.of} ${program.digest}`, program])).values()];
  }

  isAllowed(program: ResolvedProgram): boolean {
    const [first] = this.#cells.values();
    return first!.isAllowed(program);
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
