import type { ProgramHints, ProgramParams } from '../steps/program.js';
import type { Input } from '../steps/step.js';
import type { Program } from '../workflow/program.js';
import type { Facts } from './facts.js';
import type { PlanBuilder } from './plan-builder.js';

/** What a step that runs a program is given of it. */
export interface PlannedProgram {
  readonly params: ProgramParams;
  readonly inputs: { readonly program?: Input };
  /** What its step is made with besides: why its key is not known, where it is not. */
  readonly more: { readonly hints: ProgramHints; readonly unknown?: string };
}

/** Adds the files of programs of the user's to a plan. */
export class ProgramExpansion {
  readonly #facts: Facts;
  readonly #builder: PlanBuilder;

  constructor(facts: Facts, builder: PlanBuilder) {
    this.#facts = facts;
    this.#builder = builder;
  }

  /** @param of the definition that has it: `metrics.tone` */
  add(of: string, { run, module, env, timeoutSeconds, outputBytes }: Program): PlannedProgram {
    const { files, version } = this.#facts.programs?.get(of) ?? { files: [] };
    const node = `source[${of}.command]`;
    if (files.length > 0) this.#builder.addSource(node, { kind: 'program', name: of });
    const params: ProgramParams = {
      run,
      ...(module === true && { module }),
      ...(env.length > 0 && { env: [...env].sort() }),
      ...(version != null && { version }),
    };
    const hints: ProgramHints = { timeoutSeconds, outputBytes };
    const unknown = version === null ? 'its version command may not be run before the command is allowed' : undefined;
    return {
      params,
      inputs: files.length > 0 ? { program: { node, output: '*' } } : {},
      more: { hints, ...(unknown !== undefined && { unknown }) },
    };
  }
}
