import { UsageError } from '../../diagnostics/errors.js';
import type { Artifact, Artifacts } from '../../formats/artifact.js';
import type { Digest } from '../../formats/digest.js';
import type { ProgramFacts } from '../../plan/facts.js';
import type { Workflow } from '../../workflow/workflow.js';
import { type ResolvedProgram, resolvePrograms } from './resolve-programs.js';

/** A program of the user's as `--json` prints it. */
export interface PlannedCommand {
  /** The definition that has it: `metrics.tone`. */
  readonly of: string;
  readonly run: readonly string[];
  readonly version: readonly string[] | null;
  readonly files: readonly string[];
  readonly env: readonly string[];
  readonly allowed: boolean;
}

const nothing: ReadonlySet<Digest> = new Set();

/**
 * The programs of the user's that a workflow runs, read and hashed once: what is allowed, what is in keys and what runs
 * are the same bytes. One that is not allowed is never run, neither for its version.
 */
export class WorkflowPrograms {
  readonly #programs: ReadonlyMap<string, ResolvedProgram>;
  readonly #allowed: ReadonlySet<Digest>;
  readonly #versions = new Map<string, string>();

  /** @throws InvalidWorkflowError when files of a program are not there */
  constructor(workflow: Workflow, allowed: ReadonlySet<Digest> = nothing) {
    this.#programs = new Map(resolvePrograms(workflow).map((program) => [program.of, program]));
    this.#allowed = allowed;
  }

  get all(): readonly ResolvedProgram[] {
    return [...this.#programs.values()];
  }

  isAllowed({ digest }: ResolvedProgram): boolean {
    return this.#allowed.has(digest);
  }

  describe(): PlannedCommand[] {
    return this.all.map((one) => {
      const { of, program, files } = one;
      const { run, version, env } = program;
      return { of, run, version, files: files.map(({ name }) => name), env, allowed: this.isAllowed(one) };
    });
  }

  /** @throws UsageError when one of the programs is not allowed */
  requireAllowed(): void {
    const refused = this.all.filter((program) => !this.isAllowed(program));
    if (refused.length > 0) throw notAllowed(refused);
  }

  /** What the planner must know of each. @throws EnvironmentError when a version command cannot be run, or fails */
  async facts(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, ProgramFacts>> {
    const facts = new Map<string, ProgramFacts>();
    for (const [of, program] of this.#programs) {
      const files = program.files.map(({ name }) => name);
      if (program.program.version === null) facts.set(of, { files });
      else facts.set(of, { files, version: await this.#version(program, signal) });
    }
    return facts;
  }

  /** The files of a program. */
  artifacts(of: string): Artifacts {
    const { files } = this.#programs.get(of)!;
    return Object.fromEntries(
      files.map(({ name, file, bytes, digest }): [string, Artifact] => [
        `file/${name}`,
        { digest, bytes, at: { file, offset: 0 } },
      ]),
    );
  }

  async #version(program: ResolvedProgram, signal: AbortSignal | undefined): Promise<string | null> {
    if (!this.isAllowed(program)) return null;
    const known = this.#versions.get(program.of);
    if (known !== undefined) return known;
    const { versionOf } = await import('./version.js');
    const version = await versionOf(program, process.env, signal);
    this.#versions.set(program.of, version);
    return version;
  }
}

/** The error for programs that are not allowed. */
export function notAllowed(programs: readonly ResolvedProgram[]): UsageError {
  const names = programs.map(({ of }) => of);
  const which = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
  const message = `the workflow runs programs that you have not allowed: ${which}`;
  const hint =
    'Nothing was run. `runflow validate` shows them. Run it on a terminal to be asked, or give --allow-commands.';
  return new UsageError(message, { hint });
}
