import { defineStep } from './step.js';

export type ReportParams = {
  readonly title: string;
  readonly workflow: string;
  /** Names of the inputs. */
  readonly files: readonly string[];
  /** Names of results that it links to and does not read: single items. */
  readonly linked: readonly string[];
  /** The models at both ends of every update in use: what figures measure changes from and to. */
  readonly updates: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  readonly figures: readonly string[];
  readonly tables: readonly string[];
  /** Label and text, in order: semantics, models and where they come from, device class. */
  readonly provenance: readonly { readonly label: string; readonly text: string }[];
};

/** `report`: the result tables of a workflow as a page. */
export const report = defineStep<ReportParams>({
  kind: 'report',
  revision: 7,
  usesDevice: false,
  inputs: {
    '<table>.csv': 'a table, named as in the results folder',
  },
  outputs: {
    'report.html': 'the page',
  },
});
