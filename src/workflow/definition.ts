import type { SourceRange } from '../diagnostics/diagnostic.js';

export type Named<T> = Readonly<Record<string, T>>;

/** Every definition knows its name and where it was written. */
export interface Definition {
  readonly name: string;
  readonly range: SourceRange;
}
