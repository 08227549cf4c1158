import type { SourceRange } from '../diagnostics/diagnostic.js';

/** A text the user wrote: a file, or the value of a `--set`. Knows the line and column of every offset. */
export class SourceText {
  /** Name in messages: a path, or `--set`. */
  readonly name: string;
  /** Absolute folder that relative paths in this text are relative to. */
  readonly folder: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(name: string, folder: string, text: string) {
    this.name = name;
    this.folder = folder;
    this.text = text;
  }

  /** The span [start, end) of UTF-16 offsets. */
  range(start: number, end: number): SourceRange {
    const first = this.#position(start);
    return {
      file: this.name,
      start: first,
      end: this.#position(Math.max(start, end)),
      excerpt: this.#line(first.line),
    };
  }

  #position(offset: number): SourceRange['start'] {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1, offset };
  }

  #line(number: number): string {
    const start = this.#starts()[number - 1]!;
    const end = this.text.indexOf('\n', start);
    return this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
  }

  #starts(): readonly number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}

/** How messages call the text of a `--set`. */
export const settingName = '--set';

/** How messages call a value that a recorded cell of a matrix gives. */
export const cellName = 'the matrix';

export function isSetting({ source }: Place): boolean {
  return source.name === settingName;
}

/** A span of a text, turned into lines and columns only when a message needs them. */
export interface Place {
  readonly source: SourceText;
  readonly start: number;
  readonly end: number;
}

export function rangeOf(place: Place): SourceRange {
  return place.source.range(place.start, place.end);
}
