import { fieldsOf, nodeText, pathText } from '../workflow/fields.js';
import type { WrittenWorkflow } from '../workflow/workflow.js';
import { writtenDocument } from '../workflow/written.js';
import { assignmentOf } from '../workflow/written-value.js';
import type { AskedCell, AskedRecord } from './record.js';

/** Fields by their path (`recipes.full.lr`), values as they were written. */
type Fields = ReadonlyMap<string, string>;

/** Reads the fields of runs. Most runs of a series are of the same text, which is read once. */
export class RunFieldsReader {
  readonly #read = new Map<string, Promise<Fields | undefined>>();

  /**
   * The fields of a run's workflow. Of a matrix each has all values that its cells have, such as `0.01, 0.02`, and `profile` is one
   * of them. Undefined where they are not known.
   */
  async of(asked: AskedRecord | undefined): Promise<Fields | undefined> {
    if (asked === undefined) return undefined;
    if (asked.cells === undefined) return this.#fieldsOf(asked.written);
    const found = new Map<string, Set<string>>();
    for (const cell of asked.cells) {
      const shared = await this.#fieldsOf(writtenOfProfile(asked, cell.profile));
      if (shared === undefined || cell.values === undefined) return undefined;
      const profile: [string, string][] = cell.profile === undefined ? [] : [['profile', cell.profile]];
      for (const [path, value] of new Map([...shared, ...profile, ...valuesOf(cell)])) {
        found.set(path, (found.get(path) ?? new Set()).add(value));
      }
    }
    return new Map([...found].map(([path, values]) => [path, [...values].join(', ')]));
  }

  #fieldsOf(written: WrittenWorkflow): Promise<Fields | undefined> {
    const identity = JSON.stringify(written);
    const known = this.#read.get(identity);
    if (known !== undefined) return known;
    const fields = writtenDocument(written).then((document) => document && fieldsOf(document));
    this.#read.set(identity, fields);
    return fields;
  }
}

/** The workflow of a run with one of its profiles, without what single cells put into it. */
export function writtenOfProfile({ written }: AskedRecord, profile: string | undefined): WrittenWorkflow {
  const { profile: _, cell: __, ...ofAll } = written;
  return profile === undefined ? ofAll : { ...ofAll, profile };
}

/** What a cell puts into the workflow, by path. */
export function valuesOf({ values = [] }: AskedCell): Fields {
  return new Map(values.map((one) => [pathText(one.path.split('.')), nodeText(assignmentOf(one).value)]));
}
