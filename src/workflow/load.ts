import { dirname, resolve } from 'node:path';
import type { Diagnostic, Result } from '../diagnostics/diagnostic.js';
import type { JsonObject } from '../formats/json.js';
import { readAskedAxes } from './asked-axes.js';
import { type Assembled, Assembler } from './assemble.js';
import { cellChoice } from './cell-choice.js';
import { type AxesAsked, cellsOf, type MatrixCell, type MatrixCells } from './cells.js';
import { completeWorkflow } from './complete.js';
import { type DocumentNode, toPlain } from './document.js';
import { diskFiles, type WorkflowFiles } from './files.js';
import { type MatrixAxis, type MatrixSection, readMatrix } from './matrix.js';
import { errorAt, problemOf } from './problems.js';
import type { Profiles } from './profiles.js';
import type { Semantics } from './semantics.js';
import { SourceText } from './source-text.js';
import { type CellValue, type Study, type StudyCell, studyOf } from './study.js';
import { studyProblems } from './study-problems.js';
import type { LoadedWorkflow, WorkflowFile } from './workflow.js';

export interface LoadOptions {
  readonly profile?: string | undefined;
  /** `a.b=value`, applied in order. */
  readonly set?: readonly string[];
  /** Absolute folder that relative paths of the settings are relative to. Default: the current one. */
  readonly folder?: string;
  readonly semantics?: Semantics | undefined;
  /** A definition that is used besides, by its name: what is exported. */
  readonly exported?: string;
  /** `params.lr=1e-5,3e-5`: axes of a matrix, in place of those that the workflow has. */
  readonly matrix?: readonly string[];
}

/**
 * Reads a workflow with its matrix: YAML → includes and profile → the values of each cell, --set → ${…} → paths → schema → names.
 * When the text can be read at all, every problem of every stage is reported at once.
 */
export async function loadStudy(
  file: string,
  options: LoadOptions = {},
  disk: WorkflowFiles = diskFiles,
): Promise<Result<Study>> {
  return studyOfDocument(file, await assembledDocument(file, options.profile, disk), options, disk);
}

/** A document with what is wrong with its files. */
export interface AssembledDocument {
  /** Undefined where no part of it can be read. */
  readonly assembled: Assembled | undefined;
  readonly problems: readonly Diagnostic[];
}

/** Lays the files of a workflow over one another. */
export async function assembledDocument(
  file: string,
  profile: string | undefined,
  disk: WorkflowFiles,
): Promise<AssembledDocument> {
  const problems: Diagnostic[] = [];
  return { assembled: await assemble(file, profile, disk, problems), problems };
}

/** The rest of `loadStudy`, from the document that was assembled with the profile of the options. */
export async function studyOfDocument(
  file: string,
  document: AssembledDocument,
  options: LoadOptions,
  disk: WorkflowFiles,
): Promise<Result<Study>> {
  const problems: Diagnostic[] = [];
  const asked = await readAskedAxes(options.matrix ?? [], problems, options.folder);
  if (options.profile !== undefined && asked.has('profile')) {
    const message = `--profile ${options.profile} and --matrix profile=… say the same thing twice`;
    problems.push(problemOf({ code: 'invalid-setting', message, hint: 'Give one of them.' }));
  }
  const { assembled } = document;
  problems.push(...document.problems);
  if (assembled === undefined || problems.length > 0) return refused(problems);
  if (assembled.matrix === undefined && asked.size === 0) {
    const completed = await completeWorkflow(file, assembled, options);
    return completed.ok ? { ...completed, value: studyOf(completed.value) } : refused(completed.diagnostics);
  }
  const matrix = matrixOf(assembled, asked, problems);
  const hasProfiles = matrix.axes.has('profile') || matrix.include.some(({ values }) => values.has('profile'));
  if (hasProfiles && options.profile !== undefined) askForProfile(options.profile, file, asked);
  const cells = problems.length > 0 ? undefined : cellsOf(matrix, asked, problems);
  if (cells === undefined || problems.length > 0) return refused(problems);
  return new StudyLoader(file, options, disk, { assembled, matrix, cells }).load();
}

/** The same of one workflow: where the file has a matrix, `options.matrix` must leave one cell of it. */
export async function loadWorkflow(
  file: string,
  options: LoadOptions = {},
  disk: WorkflowFiles = diskFiles,
): Promise<Result<LoadedWorkflow>> {
  const study = await loadStudy(file, options, disk);
  if (!study.ok) return study;
  const [cell, ...others] = study.value.cells;
  if (others.length === 0) return { ...study, value: cell!.workflow };
  return refused([problemOf({ code: 'many-cells', ...cellChoice(study.value) })]);
}

async function assemble(file: string, profile: string | undefined, disk: WorkflowFiles, problems: Diagnostic[]) {
  const assembler = new Assembler(file, disk);
  const assembled = await assembler.assemble(profile);
  problems.push(...assembler.problems);
  return assembled;
}

/** Every profile that a workflow may be read with: those of its files, and those of the folder beside it. */
export async function listProfiles(file: string, disk: WorkflowFiles = diskFiles): Promise<Result<Profiles>> {
  const assembler = new Assembler(file, disk);
  const value = await assembler.profiles();
  if (value === undefined || assembler.problems.length > 0) return refused(assembler.problems);
  return { ok: true, value, warnings: [] };
}

function matrixOf({ matrix, root: { place } }: Assembled, asked: AxesAsked, problems: Diagnostic[]): MatrixSection {
  if (matrix !== undefined) return readMatrix(matrix, problems);
  const key = asked.values().next().value?.key ?? place;
  return { place: key, axes: new Map(), exclude: [], include: [] };
}

/** Leaves the profile that `--profile` names, where cells have profiles. */
function askForProfile(profile: string, file: string, asked: Map<string, MatrixAxis>): void {
  const place = { source: new SourceText('--profile', dirname(resolve(file)), profile), start: 0, end: profile.length };
  asked.set('profile', { key: place, values: [{ kind: 'scalar', value: profile, place }] });
}

interface StudyParts {
  readonly assembled: Assembled;
  readonly matrix: MatrixSection;
  readonly cells: MatrixCells;
}

/** Reads the workflow of every cell, and checks that they make a study. */
class StudyLoader {
  readonly #problems: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];
  readonly #file: string;
  readonly #options: LoadOptions;
  readonly #disk: WorkflowFiles;
  readonly #parts: StudyParts;
  /** Documents by profile. */
  readonly #assembled = new Map<string | undefined, Assembled | undefined>();

  constructor(file: string, options: LoadOptions, disk: WorkflowFiles, parts: StudyParts) {
    this.#file = file;
    this.#options = options;
    this.#disk = disk;
    this.#parts = parts;
    this.#assembled.set(options.profile, parts.assembled);
  }

  async load(): Promise<Result<Study>> {
    const { cells } = this.#parts.cells;
    this.#checkOptions();
    const found: { readonly cell: MatrixCell; readonly workflow: LoadedWorkflow }[] = [];
    // A profile or a path that is wrong is wrong in many cells.
    for (const cell of this.#problems.length > 0 ? [] : cells) {
      const workflow = await this.#workflow(cell);
      if (workflow !== undefined) found.push({ cell, workflow });
    }
    if (this.#problems.length > 0) return refused(distinct(this.#problems));
    const study = this.#study(found);
    const { problems, warnings } = studyProblems(
      study,
      found.map(({ cell }) => cell),
    );
    if (problems.length > 0) return refused(problems);
    return { ok: true, value: study, warnings: distinct([...this.#warnings, ...warnings]) };
  }

  /** One thing said twice would leave one of the two unused. */
  #checkOptions(): void {
    const { semantics, set = [] } = this.#options;
    const paths = [...this.#parts.cells.axes.keys()];
    const refuse = (option: string, path: string) => {
      const message = `${option} and the axis ${path} of the matrix say the same thing`;
      const hint = `Choose cells by --matrix ${path}=VALUE.`;
      this.#problems.push(problemOf({ code: 'invalid-setting', message, hint }));
    };
    if (semantics !== undefined && paths.includes('semantics')) refuse(`--semantics ${semantics}`, 'semantics');
    // What has no value is refused where it is applied.
    for (const setting of set.filter((text) => text.includes('='))) {
      const place = setting.slice(0, setting.indexOf('='));
      const path = paths.find((axis) => `${axis}.`.startsWith(`${place}.`) || `${place}.`.startsWith(`${axis}.`));
      if (path !== undefined) refuse(`--set ${setting}`, path);
    }
  }

  async #workflow({ values }: MatrixCell): Promise<LoadedWorkflow | undefined> {
    const profile = values.get('profile');
    const name = profile === undefined ? this.#options.profile : String(profile.value.value);
    const assembled = await this.#assemble(name, profile?.value);
    if (assembled === undefined) return undefined;
    const cell = [...values].flatMap(([path, value]) => (path === 'profile' ? [] : [{ path, ...value }]));
    const completed = await completeWorkflow(this.#file, assembled, { ...this.#options, profile: name, cell });
    if (!completed.ok) {
      this.#problems.push(...completed.diagnostics);
      return undefined;
    }
    this.#warnings.push(...completed.warnings);
    return completed.value;
  }

  async #assemble(profile: string | undefined, axis: DocumentNode | undefined): Promise<Assembled | undefined> {
    if (this.#assembled.has(profile)) return this.#assembled.get(profile);
    const problems: Diagnostic[] = [];
    const assembled = await assemble(this.#file, profile, this.#disk, problems);
    // The assembler knows of no axis: it shows the option.
    const [first] = problems;
    if (axis !== undefined && first?.code === 'unknown-profile') {
      this.#problems.push(errorAt(axis.place, { code: first.code, message: first.message, hint: first.hint }));
    } else this.#problems.push(...problems);
    const usable = problems.length === 0 ? assembled : undefined;
    this.#assembled.set(profile, usable);
    const plain = (one: Assembled | undefined) => JSON.stringify(one?.matrix && toPlain(one.matrix.value));
    if (usable !== undefined && plain(usable) !== plain(this.#parts.assembled)) {
      const message = `the profile ${profile} changes the matrix whose cell it makes`;
      const hint = 'Where a matrix has the axis profile, it stands in the workflow or in what that includes.';
      this.#problems.push(errorAt(usable.matrix!.key, { code: 'invalid-axis', message, hint }));
    }
    return usable;
  }

  #study(found: readonly { readonly cell: MatrixCell; readonly workflow: LoadedWorkflow }[]): Study {
    const { axes } = this.#parts.cells;
    const cells = found.map(({ cell, workflow }): StudyCell => {
      const { label, coordinates, values } = cell;
      const onAxes = [...axes.keys()].map((path): CellValue | null => {
        const node = values.get(path)?.value;
        if (node === undefined) return valueIn(workflow, path);
        return { value: node.value!, written: node.written ?? String(node.value) };
      });
      return { label, coordinates, values: onAxes, workflow };
    });
    const [{ workflow: first }] = cells as [StudyCell];
    const files = new Map(cells.flatMap(({ workflow }) => workflow.files.map((one) => [one.file, one] as const)));
    const ofAll: readonly WorkflowFile[] = [...files.values()];
    const { profile, ...applied } = first.applied;
    const isAxis = axes.has('profile');
    const { matrix = [], profile: chosen } = this.#options;
    const isChosen = isAxis && chosen !== undefined && !matrix.some((text) => text.startsWith('profile='));
    return {
      file: resolve(this.#file),
      name: first.name,
      files: ofAll,
      applied: isAxis || profile === undefined ? applied : { ...applied, profile },
      asked: isChosen ? [...matrix, `profile=${chosen}`] : matrix,
      profile: isAxis ? undefined : first.profile,
      axes: [...axes].map(([path, name]) => ({ path, name })),
      cells,
    };
  }
}

/** What a workflow has at a place where its cell gives nothing. */
function valueIn({ document, profile }: LoadedWorkflow, path: string): CellValue | null {
  let value: unknown = { ...document, profile };
  for (const word of path.split('.')) value = (value as JsonObject | undefined)?.[word];
  const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isScalar ? { value: value as CellValue['value'], written: String(value) } : null;
}

function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const identity = ({ code, message, range }: Diagnostic) => JSON.stringify([code, message, range?.file, range?.start]);
  return [...new Map(diagnostics.map((diagnostic) => [identity(diagnostic), diagnostic])).values()];
}

/** Diagnostics in the order of the text, file by file in the order of each file's first one. */
function refused(problems: readonly Diagnostic[]): Result<never> {
  const files = [...new Set(problems.map(({ range }) => range?.file))];
  const rank = ({ range }: Diagnostic) => files.indexOf(range?.file);
  const offset = ({ range }: Diagnostic) => range?.start.offset ?? 0;
  return { ok: false, diagnostics: problems.toSorted((a, b) => rank(a) - rank(b) || offset(a) - offset(b)) };
}
