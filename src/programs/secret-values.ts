/** Shorter values are no secrets, and stand in many texts by chance. */
const shortestSecret = 4;

/** Values of named variables, which no message, log or record may show. */
export class SecretValues {
  /** Longest first: a value may hold another. */
  readonly #values: readonly (readonly [value: string, name: string])[];

  /**
   * @param variables name → value
   * @param shortest what has fewer characters is shown: a value, or a line of one
   */
  constructor(variables: ReadonlyMap<string, string>, shortest = shortestSecret) {
    const values = [...variables].flatMap(([name, value]) =>
      // A value of several lines, such as a certificate, may be shown line by line.
      [value, ...value.split(/\r?\n/).map((line) => line.trim())]
        .filter((part) => part.length >= shortest)
        .map((part) => [part, name] as const),
    );
    this.#values = values.sort(([a], [b]) => b.length - a.length);
  }

  /** Characters of the longest value. */
  get longest(): number {
    return this.#values[0]?.[0].length ?? 0;
  }

  /** The text with each value replaced by the name of its variable. */
  hide(text: string): string {
    return this.#values.reduce((hidden, [value, name]) => hidden.replaceAll(value, () => `[${name}]`), text);
  }
}
