/** A span of a source file. Lines and columns count from 1; `end` is exclusive; offsets count UTF-16 units from 0. */
export interface SourceRange {
  /** Path as the user would write it: relative when the workflow was named relatively. */
  readonly file: string;
  readonly start: { readonly line: number; readonly column: number; readonly offset: number };
  readonly end: { readonly line: number; readonly column: number; readonly offset: number };
  /** The line that holds `start`, so that an error can show it without reading the file again. */
  readonly excerpt?: string;
}

/** Something wrong with what the user wrote. What, where, and what to do about it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Stable kebab-case name, e.g. `unknown-key`. */
  readonly code: string;
  readonly message: string;
  readonly range?: SourceRange;
  /** What to do, as an imperative sentence; e.g. `Did you mean "aligned"?` */
  readonly hint?: string;
  /** Second places that matter, e.g. where a duplicate was first defined. */
  readonly related?: readonly { readonly message: string; readonly range: SourceRange }[];
}

/** A value, or the diagnostics that explain why there is none. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };
