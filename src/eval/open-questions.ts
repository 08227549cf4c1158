import { decodeRows, textOf } from '../data/row.js';
import type { Digest } from '../formats/digest.js';
import type { JudgeItem } from './judge.js';
import { type OpenAiJudgeConfig, ServerJudge } from './openai-judge.js';
import { VerdictFolder } from './verdict-cache.js';

/**
 * What a judge is asked about responses.
 * @param rows, responses Contents of the artifacts of these names.
 * @param column Of the rows: what the responses answer.
 */
export function itemsOf(
  { rows, responses }: { readonly rows: Uint8Array; readonly responses: Uint8Array },
  { dataset, column }: { readonly dataset: string; readonly column: string },
): JudgeItem[] {
  const prompts = decodeRows(rows);
  return decodeRows(responses).map(({ response }, index) => ({
    prompt: textOf(prompts[index] ?? {}, column, `${dataset}: row ${index + 1}`),
    response: String(response),
  }));
}

/** What a judge was asked, by the items that its step wrote. */
export function judgedItems(items: Uint8Array): JudgeItem[] {
  return decodeRows(items).map(({ prompt, response }) => ({ prompt: String(prompt), response: String(response) }));
}

/** Questions of a judge, each once, however many responses ask it. */
export class Questions {
  readonly #judge: ServerJudge;
  readonly #verdicts: VerdictFolder;
  readonly #open = new Set<Digest>();
  readonly #answered = new Set<Digest>();

  /** @param folder Where answers are kept. */
  constructor(config: OpenAiJudgeConfig, folder: string) {
    this.#judge = new ServerJudge(config, { concurrency: 1 });
    this.#verdicts = new VerdictFolder(folder);
  }

  /** Adds what a step that is to run asks: it has only the verdicts that are kept. */
  async ask(items: readonly JudgeItem[]): Promise<void> {
    for (const key of this.#keysOf(items)) {
      const isKept = (await this.#verdicts.get(key)) !== undefined;
      (isKept ? this.#answered : this.#open).add(key);
    }
  }

  /** Adds what a cached step asked once. */
  settle(items: readonly JudgeItem[]): void {
    for (const key of this.#keysOf(items)) this.#answered.add(key);
  }

  /** How many would have to be asked. */
  get open(): number {
    return this.#open.size;
  }

  /** How many others are answered. */
  get kept(): number {
    return [...this.#answered].filter((key) => !this.#open.has(key)).length;
  }

  #keysOf(items: readonly JudgeItem[]): Set<Digest> {
    return new Set(items.map((item) => this.#judge.questionKey(item)));
  }
}
