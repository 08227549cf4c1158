import type { Diagnostic, SourceRange } from '../diagnostics/diagnostic.js';
import { isBehaviour } from './metrics/registry.js';
import type { Scope } from './scope.js';
import type { Study } from './study.js';
import { sweepOf } from './sweeps/sweep.js';
import type { Workflow } from './workflow.js';

/** Sections whose names become names of files and folders of the results: `items/<metric>.jsonl`, `steps/<step>/`, … */
const sections = ['subspaces', 'metrics', 'steps'] as const;

/** Refuses names by which two definitions would write one file of the results. */
export function checkFileNames(scope: Scope, workflow: Pick<Workflow, 'metrics' | 'sweeps' | 'report'>): void {
  for (const section of sections) checkLetterCase(scope, section);
  checkTablesOfMetrics(scope, workflow);
}

/** Refuses names that differ in the case of letters only: they are one file on a disk that ignores it. */
function checkLetterCase(scope: Scope, section: string): void {
  const earlier = new Map<string, string>();
  for (const name of scope.names(section)) {
    const other = earlier.get(name.toLowerCase());
    earlier.set(name.toLowerCase(), name);
    if (other === undefined) continue;
    const message = `${section}.${name} differs from ${section}.${other} in the case of letters only: on some disks their files would be the same`;
    scope.refuse([section, name], 'ambiguous-name', message, 'Give one of them another name.');
  }
}

/** Refuses names by which a table along ranks and one along fractions would be one file. */
function checkTablesOfMetrics(scope: Scope, workflow: Parameters<typeof behaviourFiles>[0]): void {
  const earlier = new Map<string, JoinedFile>();
  for (const file of behaviourFiles(workflow)) {
    const other = earlier.get(file.name.toLowerCase());
    earlier.set(file.name.toLowerCase(), file);
    if (other === undefined || other.along === file.along) continue;
    const [byFraction, byRank] = file.along === 'fractions' ? [file, other] : [other, file];
    scope.refuse(
      byFraction.definition.split('.'),
      'ambiguous-name',
      twoTables(byFraction, byRank),
      'Give one of them another name.',
    );
  }
}

/** A file of a cell that a study joins with those of its other cells. */
interface JoinedFile {
  /** Its path in the folder of results, without the ending. */
  readonly name: string;
  /** The definition that it is named after: `metrics.tone`. */
  readonly definition: string;
  readonly range: SourceRange;
  /** What a table of behaviour is along. */
  readonly along?: 'fractions' | 'ranks';
}

/** Tables of behaviour: `behaviour-<metric>` along fractions and `behaviour-<metric>-by-rank` along ranks. */
function behaviourFiles({
  metrics,
  sweeps,
  report,
}: Pick<Workflow, 'metrics' | 'sweeps' | 'report'>): readonly JoinedFile[] {
  if (!report.tables.includes('behaviour') || report.tableFormats.length === 0) return [];
  const projected = [...sweeps.values()].flatMap((sweep) => sweepOf('projected', sweep) ?? []);
  return (['fractions', 'ranks'] as const).flatMap((along) => {
    const measured = new Set(
      projected.filter((sweep) => sweep[along].length > 0).flatMap(({ measure }) => measure as readonly string[]),
    );
    const own = [...metrics.values()].filter((metric) => isBehaviour(metric) && measured.has(metric.name));
    return own.map(({ name, range }) => ({
      name: `tables/behaviour-${name}${along === 'ranks' ? '-by-rank' : ''}`,
      definition: `metrics.${name}`,
      range,
      along,
    }));
  });
}

function twoTables(byFraction: JoinedFile, byRank: JoinedFile): string {
  const called = byFraction.name.slice(byFraction.name.indexOf('/') + 1);
  return `the table of ${byFraction.definition} along fractions and that of ${byRank.definition} along ranks would both be called ${called}`;
}

/** Refuses names by which different things of two cells would be joined in one file, or in two that some disks take for one. */
export function fileNameProblems({ cells }: Pick<Study, 'cells'>): Diagnostic[] {
  const earlier = new Map<string, JoinedFile & { readonly cell: string }>();
  const problems = new Map<string, Diagnostic>();
  for (const { label: cell, workflow } of cells) {
    for (const file of joinedFiles(workflow)) {
      const key = file.name.toLowerCase();
      const other = earlier.get(key) ?? { ...file, cell };
      earlier.set(key, other);
      if (other.name === file.name && other.definition === file.definition && other.along === file.along) continue;
      const message = otherFile({ ...file, cell }, other);
      const related = [{ message: `${other.definition} of the cell ${other.cell}`, range: other.range }];
      const hint = 'Give one of them another name.';
      const { range } = file;
      const problem: Diagnostic = { severity: 'error', code: 'ambiguous-name', message, range, hint, related };
      const place = `${range.file}:${range.start.offset}`;
      if (!problems.has(place)) problems.set(place, problem);
    }
  }
  return [...problems.values()];
}

type FileOfCell = JoinedFile & { readonly cell: string };

function otherFile(file: FileOfCell, other: FileOfCell): string {
  if (file.along !== other.along) {
    const [byFraction, byRank] = file.along === 'fractions' ? [file, other] : [other, file];
    return `${twoTables(byFraction, byRank)} where cells are joined: of ${byFraction.cell} and of ${byRank.cell}`;
  }
  const [own, others] =
    file.definition === other.definition ? [file.name, other.name] : [file.definition, other.definition];
  return `${own} of the cell ${file.cell} differs from ${others} of the cell ${other.cell} in the case of letters only: on some disks their joined files would be the same`;
}

function joinedFiles(workflow: Workflow): JoinedFile[] {
  const definitions = sections.flatMap((section) =>
    [...workflow[section].values()].map(({ name, range }) => {
      return { name: `${section}/${name}`, definition: `${section}.${name}`, range };
    }),
  );
  const tables = [...workflow.steps.values()].flatMap(({ name, range, tables: own }) =>
    own.map((table) => ({ name: `steps/${name}/${table}`, definition: `steps.${name}`, range })),
  );
  return [...definitions, ...tables, ...behaviourFiles(workflow)];
}
