import type { PaperRow, PaperTable } from '../paper-tables/paper-table.js';
import { sections } from '../sections/registry.js';
import { groupBy } from '../statistics.js';
import { frontsOf } from './fronts.js';
import { studyClaimTables } from './study-claims.js';
import { type FigureSource, type StudyTablesInput, sourcesOf } from './study-input.js';

/** A table of one group, with what stands in front of its rows. */
interface GroupTable {
  readonly front: readonly string[];
  readonly table: PaperTable;
}

/**
 * Tables for papers of a study, by the part of the report that has them, in the order of the page: claims are judged in cells, all
 * else is of groups.
 */
export function studyTables(input: StudyTablesInput): ReadonlyMap<string, readonly PaperTable[]> {
  const { axes, fronts } = frontsOf(input.params.axes, input.params.groups);
  const tables = Object.entries(sections).map(([part, { needs, tables: tablesOf }]) => {
    if (part === 'claims') return [part, studyClaimTables(input)] as const;
    const sources = sourcesOf(input, part, 'tables');
    const own = sources
      .filter((source) => source.input.files.has(needs))
      .flatMap((source: FigureSource) => {
        const front = fronts[input.groups.indexOf(source.input)]!;
        return tablesOf(source.input).map((table): GroupTable => ({ front, table }));
      });
    return [part, [...groupBy(own, ({ table }) => table.name).values()].map((group) => combined(axes, group))] as const;
  });
  return new Map(tables);
}

/** One table: a block of rows a group. A column that a group does not have is empty there. */
function combined(axes: readonly string[], groups: readonly GroupTable[]): PaperTable {
  const [{ table: first }] = groups as [GroupTable];
  const columns = columnsOf(groups.map(({ table }) => table.columns));
  const rows = groups.flatMap(({ front, table }) => {
    const places = new Map(keysOf(table.columns).map((key, index) => [key, index]));
    return table.rows.map((row): PaperRow => {
      const numbers = columns.map(({ key }) => {
        const place = places.get(key);
        return place === undefined ? null : row.numbers[place]!;
      });
      return { labels: [...front, ...row.labels], group: JSON.stringify([front, row.group]), numbers };
    });
  });
  const { name, labels } = first;
  return {
    name,
    title: titleOf(groups),
    labels: [...axes, ...labels],
    columns: columns.map(({ column }) => column),
    rows,
  };
}

/** That of the group that has most to say: titles of one table differ in what they say of seeds alone. */
function titleOf(groups: readonly GroupTable[]): string {
  const titles = groups.map(({ table }) => table.title);
  return titles.reduce((longest, title) => (title.length > longest.length ? title : longest));
}

type Column = PaperTable['columns'][number];

/** What a column is, among those of one table: two may have the same head. */
function keysOf(columns: readonly Column[]): string[] {
  const counts = new Map<string, number>();
  return columns.map(({ label, over = '' }) => {
    const head = JSON.stringify([over, label]);
    const count = counts.get(head) ?? 0;
    counts.set(head, count + 1);
    return `${head}${count}`;
  });
}

/** The columns of all tables: each behind the one that it follows, numbers under one head rising. */
function columnsOf(all: readonly (readonly Column[])[]): { readonly key: string; readonly column: Column }[] {
  const joined: { key: string; column: Column }[] = [];
  for (const columns of all) {
    let after = -1;
    for (const [index, key] of keysOf(columns).entries()) {
      const known = joined.findIndex((one) => one.key === key);
      if (known < 0) joined.splice(after + 1, 0, { key, column: columns[index]! });
      after = known < 0 ? after + 1 : known;
    }
  }
  const isNumber = ({ column: { label, over } }: { column: Column }) =>
    over !== undefined && Number.isFinite(Number(label));
  for (const over of new Set(joined.flatMap(({ column }) => column.over ?? []))) {
    const places = [...joined.keys()].filter((at) => joined[at]!.column.over === over && isNumber(joined[at]!));
    const sorted = places.map((at) => joined[at]!).sort((a, b) => Number(a.column.label) - Number(b.column.label));
    for (const [index, at] of places.entries()) joined[at] = sorted[index]!;
  }
  return joined;
}
