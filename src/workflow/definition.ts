import type { SourceRange } from '../diagnostics/diagnostic.js';

export type Named<T> = Readonly<Record<string, T>>;

/** Every definition knows its name and where it was written. */
export interface Definition {
  readonly name: string;
  readonly range: SourceRange;
}

/** All that a definition says, as JSON without the places it was written at: equal for what is defined alike. */
export function definitionText(definition: object): string {
  return JSON.stringify(definition, (key, value: unknown) => {
    // The numbers of a judge have a range too: from the least to the most.
    if (key === 'range' && !Array.isArray(value)) return undefined;
    return value instanceof Map ? [...value] : value;
  });
}
