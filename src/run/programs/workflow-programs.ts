import type { Artifact, Artifacts } from '../../formats/artifact.js';
import type { Digest } from '../../formats/digest.js';
import type { ProgramFacts } from '../../plan/facts.js';
import type { ResolvedProgram } from './resolve-programs.js';

/** A program of the user's as `--json` prints it. */
export interface PlannedCommand {
  /** The definition that has it: `metrics.tone`. */
  readonly of: string;
  readonly run: readonly string[];
  /** `run` is the path of an ES module. */
  readonly module?: true;
  readonly version: readonly string[] | null;
  readonly files: readonly string[];
  readonly env: readonly string[];
  readonly allowed: boolean;
}

/** What version commands printed, by what they consist of: each runs once for all cells of a study. */
export type KnownVersions = Map<string, string>;

/**
 * The programs of the user's that the workflow of a cell runs, read and hashed once: what is allowed, what is in keys and what runs
 * are the same bytes. One that is not allowed is never run, neither for its version.
 */
export class WorkflowPrograms {
  readonly #programs: ReadonlyMap<string, ResolvedProgram>;
  readonly #allowed: ReadonlySet<Digest>;
  readonly #versions: KnownVersions;

  constructor(programs: readonly ResolvedProgram[], allowed: ReadonlySet<Digest>, versions: KnownVersions) {
    this.#programs = new Map(programs.map((program) => [program.of, program]));
    this.#allowed = allowed;
    this.#versions = versions;
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
      const { run, module, version, env } = program;
      return {
        of,
        run,
        ...(module === true && { module }),
        version,
        files: files.map(({ name }) => name),
        env,
        allowed: this.isAllowed(one),
      };
    });
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
    const { files } = program;
    const consistsOf = JSON.stringify([program.program.version, files.map(({ name, digest }) => [name, digest])]);
    const known = this.#versions.get(consistsOf);
    if (known !== undefined) return known;
    const { versionOf } = await import('./version.js');
    const version = await versionOf(program, process.env, signal);
    this.#versions.set(consistsOf, version);
    return version;
  }
}
