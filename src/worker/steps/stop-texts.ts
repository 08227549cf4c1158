import type { Tokenizer } from '../../data/tokenizer.js';

/** Texts that end a response. Special tokens count as the text they are written as, as in lm-evaluation-harness. */
export class StopTexts {
  readonly #tokenizer: Tokenizer;
  readonly #texts: readonly string[];
  /**
   * A stop text lies within so many last tokens: each has a byte at least, and a UTF-16 unit has three at most. A few more,
   * for what decoding does at the beginning of a text.
   */
  readonly #window: number;

  constructor(tokenizer: Tokenizer, texts: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#texts = texts;
    this.#window = 8 + 3 * texts.reduce((longest, text) => Math.max(longest, text.length), 0);
  }

  /** Whether one has come up with the last of these tokens. */
  isIn(ids: readonly number[]): boolean {
    const tail = this.#tokenizer.decodeAll(ids.slice(-this.#window));
    return this.#texts.some((text) => tail.includes(text));
  }

  /** The response before the first of them. */
  cut(response: string): string {
    const ends = this.#texts.map((text) => response.indexOf(text)).filter((index) => index >= 0);
    return response.slice(0, Math.min(response.length, ...ends));
  }
}
