import type { ReportStyle } from '../workflow/report.js';
import { type SeriesLook, seriesLook } from './figures/palette.js';

/** Words that cases of claims join names by, in src/eval/claims. A definition that is called so keeps its name in them. */
const wordsOfClaims: ReadonlySet<string> = new Set(['in', 'above', 'falls', 'as', 'does']);

/** Names, looks and order of what figures and tables show. */
export class SeriesStyle {
  readonly #settings: ReportStyle;

  constructor(settings: ReportStyle = {}) {
    this.#settings = settings;
  }

  /** What a name is called. */
  called(name: string): string {
    const { names = {} } = this.#settings;
    return Object.hasOwn(names, name) ? names[name]! : name;
  }

  /** A metric, or a further score of it: the names of scores and groups stay. */
  calledMetric(text: string): string {
    const at = text.search(/[./]/);
    return at < 1 ? this.called(text) : this.called(text.slice(0, at)) + text.slice(at);
  }

  /** A pair of names, `useful:harmful` in a table, as people write it. */
  calledPair(pair: string): string {
    const { names = {} } = this.#settings;
    if (Object.hasOwn(names, pair)) return names[pair]!;
    return pair
      .split(':')
      .map((name) => this.called(name))
      .join(' – ');
  }

  /** The case of a claim: its names, and pairs of them, stand between the words of the claim. */
  calledCase(text: string): string {
    return text.replaceAll(/[\w-]+(:[\w-]+)?/g, (word, rest: string | undefined) => {
      if (rest !== undefined) return this.calledPair(word);
      return wordsOfClaims.has(word) ? word : this.called(word);
    });
  }

  /**
   * Looks of the series of a figure: colours as the workflow says, or else in the order of the page. A series keeps its look
   * when `order` moves it.
   */
  looksFor(names: Iterable<string>): Map<string, SeriesLook> {
    const { colors = {} } = this.#settings;
    const looks = [...new Set(names)].map((name, index): [string, SeriesLook] => {
      const look = seriesLook(index);
      return [name, Object.hasOwn(colors, name) ? { ...look, color: colors[name]! } : look];
    });
    return new Map(this.sorted(looks, ([name]) => name));
  }

  /** Items in the workflow's order by one name after the other; what it does not name comes after, as it came. */
  sorted<T>(items: readonly T[], ...nameOf: readonly ((item: T) => string)[]): T[] {
    const { order = [] } = this.#settings;
    if (order.length === 0) return [...items];
    const ranks = nameOf.map((of) => {
      const names = [...new Set(items.map(of))];
      const named = order.filter((name) => names.includes(name));
      return new Map([...new Set([...named, ...names])].map((name, rank) => [name, rank]));
    });
    const rankOf = (item: T) => nameOf.map((of, at) => ranks[at]!.get(of(item))!);
    return items
      .map((item) => ({ item, rank: rankOf(item) }))
      .sort((a, b) => a.rank.map((rank, at) => rank - b.rank[at]!).find((difference) => difference !== 0) ?? 0)
      .map(({ item }) => item);
  }
}
