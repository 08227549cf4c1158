import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError, RunflowError } from '../../diagnostics/errors.js';
import { printable } from '../../diagnostics/printable.js';
import type { Artifact } from '../../formats/artifact.js';
import { digestOf } from '../../formats/digest.js';
import type { FileContent } from '../../formats/replace-file.js';
import { executableOf } from '../../programs/executable.js';
import type { ModuleOutput, ModuleTask } from '../../programs/module-task.js';
import { type OutputFile, outputFile, outputNames, readOutput } from '../../programs/outputs.js';
import { programEnvironment } from '../../programs/program-environment.js';
import { programText } from '../../programs/program-text.js';
import { runProgram } from '../../programs/run-program.js';
import type { SecretValues } from '../../programs/secret-values.js';
import { WorkingFolder } from '../../programs/working-folder.js';
import type { GivenInput, ProgramHints, ProgramParams } from '../../steps/program.js';
import type { StepContext } from '../step-context.js';
import { writeWholeModel } from './model-folder.js';

type ProgramStepParams = { readonly program: ProgramParams; readonly with?: { readonly [name: string]: GivenInput } };

/** Lines that a program prints to stdout and that are shown. */
const shownLines = 2000;
const shownCharacters = 1000;
/** Kept of a line, for values that must not be shown are looked for in what is more than shown. */
const keptCharacters = 64 * 1024;

/** Characters of what a program wrote that an error shows. */
const shownInErrors = 80;

/** A program of the user's in its working folder, as a step runs it. */
export class ProgramStep {
  readonly #context: StepContext<ProgramStepParams, ProgramHints>;
  readonly #folder: WorkingFolder;
  readonly #text: string;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #secrets: SecretValues;
  #returned: ModuleOutput | undefined;

  /** @throws EnvironmentError for a variable that is not set */
  private constructor(context: StepContext<ProgramStepParams, ProgramHints>, folder: WorkingFolder) {
    this.#context = context;
    this.#folder = folder;
    const { run, env = [] } = context.params.program;
    this.#text = programText(run);
    const { variables, secrets } = programEnvironment(env, folder.temporary, process.env);
    this.#variables = variables;
    this.#secrets = secrets;
  }

  /**
   * Makes the working folder, lets `prepare` add to what the program is given, runs it, hands what it left to `take`, and
   * removes the folder, whatever happens. What a program left may hold values of its variables: no error tells them.
   */
  static async run<Params extends ProgramStepParams>(
    context: StepContext<Params, ProgramHints>,
    prepare: (step: ProgramStep) => Promise<void>,
    take: (step: ProgramStep) => Promise<void>,
  ): Promise<void> {
    const folder = await WorkingFolder.make(join(await context.scratch(), 'command'));
    try {
      await new ProgramStep(context, folder).#run(prepare, take);
    } finally {
      await folder.remove();
    }
  }

  async #run(prepare: (step: ProgramStep) => Promise<void>, take: (step: ProgramStep) => Promise<void>): Promise<void> {
    try {
      await this.#addFiles();
      await this.#addGiven();
      await prepare(this);
      await this.#folder.seal();
      await this.#execute();
      await this.#folder.checkInputs(this.#text);
      await take(this);
    } catch (error) {
      if (error instanceof RunflowError) error.reword((text) => this.#secrets.hide(text));
      throw error;
    }
  }

  /** The program in messages. */
  get text(): string {
    return this.#text;
  }

  /** The beginning of what a program wrote, for an error. Values are hidden before it is cut: half of one is no longer recognised. */
  excerpt(text: string): string {
    return this.#secrets.hide(text).slice(0, shownInErrors);
  }

  /** The folder in which outputs lie. */
  get outputs(): string {
    return this.#folder.outputs;
  }

  /** Says what it returns where it is a module. */
  returns(output: ModuleOutput): void {
    this.#returned = output;
  }

  /** Gives it a file `inputs/NAME`. */
  give(name: string, content: FileContent): Promise<void> {
    return this.#folder.add(`inputs/${name}`, content);
  }

  /** The place of a folder `inputs/NAME` that is yet to be made. */
  inputFolder(name: string): string {
    return join(this.#folder.inputs, name);
  }

  /** A declared output. @throws ProgramError when it is not there, or no regular file */
  output(name: string): Promise<OutputFile> {
    return outputFile(this.#text, this.#folder.outputs, name);
  }

  /** @throws ProgramError when a folder of outputs is not there, or holds anything else than regular files and folders */
  async requireFolder(name: string): Promise<void> {
    await outputNames(this.#text, this.#folder.outputs, name);
  }

  /** The bytes of an output. */
  read(file: OutputFile): AsyncGenerator<Uint8Array> {
    return readOutput(this.#text, file);
  }

  /** Copies the program's files: the very bytes that were hashed, for it is their digests that were allowed. */
  async #addFiles(): Promise<void> {
    const context = this.#context;
    if (!context.has('program')) return;
    for (const [output, artifact] of Object.entries(context.inputs('program'))) {
      const name = output.replace(/^file\//, '');
      const bytes = await context.read(artifact);
      if (digestOf(bytes) !== artifact.digest) {
        throw new DataError(`${name} was changed since the command was allowed`, { hint: 'Run again: it asks again.' });
      }
      await this.#folder.add(name, bytes);
    }
    const isOwn = 'file/package.json' in context.inputs('program');
    // Without one, Node would take a .js file for a module of another kind.
    if (context.params.program.module === true && !isOwn)
      await this.#folder.add('package.json', '{ "type": "module" }\n');
  }

  async #addGiven(): Promise<void> {
    const context = this.#context;
    for (const [name, kind] of Object.entries(context.params.with ?? {})) {
      if (kind === 'model') {
        await writeWholeModel(context, this.inputFolder(name), context.inputs(`with/${name}`));
      } else
        await this.give(
          `${name}.${kind === 'table' ? 'csv' : 'jsonl'}`,
          artifactParts(context, context.input(`with/${name}`)),
        );
    }
  }

  async #execute(): Promise<void> {
    const { hints, signal } = this.#context;
    const folder = this.#folder;
    const secrets = this.#secrets;
    const lines = new PrintedLines((line) =>
      this.#context.log(printable(secrets.hide(line)).slice(0, shownCharacters)),
    );
    await runProgram({
      ...this.#started(),
      folder: folder.path,
      environment: this.#variables,
      text: this.#text,
      // Of the key, which this run has locked: what is left of a killed attempt is found by it.
      mark: this.#context.mark,
      timeoutSeconds: hints.timeoutSeconds,
      secrets,
      signal,
      onOutput: (text) => lines.add(text),
      overstepped: () => folder.overstepped(hints.outputBytes),
    });
    lines.end();
    const problem = await folder.overstepped(hints.outputBytes);
    if (problem !== undefined) throw new DataError(`${this.#text} ${problem}`);
  }

  /** What is started: the program itself, or a Node process that imports its module. */
  #started(): { readonly file: string; readonly arguments: readonly string[] } {
    const { program, with: given = {} } = this.#context.params;
    const { run, module } = program;
    if (module !== true)
      return { file: executableOf(run[0]!, this.#folder.path, process.env), arguments: run.slice(1) };
    if (this.#returned === undefined) throw new TypeError(`${this.#text}: nothing says what it returns`);
    const named = (wanted: GivenInput) => Object.keys(given).filter((name) => given[name] === wanted);
    const task: ModuleTask = {
      module: run[0]!,
      output: this.#returned,
      models: named('model'),
      datasets: named('dataset'),
    };
    return { file: process.execPath, arguments: [moduleHost, JSON.stringify(task)] };
  }
}

/** The file that imports modules. */
const moduleHost = fileURLToPath(new URL('../../programs/module-host.js', import.meta.url));

const partBytes = 4 << 20;

/** An artifact's bytes, part by part. */
async function* artifactParts(context: StepContext, artifact: Artifact): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < artifact.bytes; offset += partBytes) {
    context.signal.throwIfAborted();
    yield await context.read(artifact, offset, Math.min(partBytes, artifact.bytes - offset));
  }
}

/** Lines of a text that comes in pieces; after so many no more are shown. */
class PrintedLines {
  readonly #show: (line: string) => void;
  #rest = '';
  #count = 0;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n|\r/);
    this.#rest = lines.pop()!.slice(0, keptCharacters);
    for (const line of lines) this.#take(line);
  }

  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
  }

  #take(line: string): void {
    this.#count += 1;
    if (this.#count <= shownLines) this.#show(line.slice(0, keptCharacters));
    if (this.#count === shownLines + 1) this.#show('… it printed more, which is not shown');
  }
}
