import { EnvironmentError } from '../diagnostics/errors.js';
import type { Digest } from '../formats/digest.js';
import { isHeaderValue } from '../formats/header-value.js';
import type { JsonObject } from '../formats/json.js';
import { Budget, type ChatAnswer, type ChatPatience, ChatServer } from './chat-server.js';
import type { Judge, JudgeItem, JudgeRun, Verdict } from './judge.js';
import { type Rubric, type RubricChoice, rubricOf } from './rubric.js';
import { verdictKey } from './verdict-cache.js';

/** What decides the verdicts. */
export type OpenAiJudgeConfig = {
  readonly model: string;
  /** Base URL of any server that speaks OpenAI's chat completions. */
  readonly url: string;
  readonly rubric: RubricChoice;
  readonly maxTokens: number;
  readonly seed: number;
};

/** How they are got. */
export interface OpenAiJudgeOptions {
  /** The key itself; absent for servers that want none. */
  readonly key?: string | undefined;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly budget?: Budget;
  readonly patience?: Partial<ChatPatience>;
}

/** Raised when the same answer is read another way. */
const revision = 1;

/** The key in an environment variable. @throws EnvironmentError naming the variable, never its content. */
export function judgeKey(variable: string, environment: Readonly<Record<string, string | undefined>>): string {
  const key = environment[variable]?.trim();
  if (!key) {
    throw new EnvironmentError(`The judge needs a key in the environment variable ${variable}, which is not set`, {
      hint: `Set ${variable}, or judge by \`rules\` or by a local \`model\`.`,
    });
  }
  if (!isHeaderValue(key)) {
    throw new EnvironmentError(
      `The environment variable ${variable} holds no key: there are spaces or odd characters in it`,
    );
  }
  return key;
}

/** Judges by asking a language model behind an OpenAI-compatible server, at temperature 0. */
export class OpenAiJudge implements Judge {
  readonly identity: JsonObject;
  readonly #config: OpenAiJudgeConfig;
  readonly #options: OpenAiJudgeOptions;
  readonly #rubric: Rubric;
  readonly #budget: Budget;

  constructor(config: OpenAiJudgeConfig, options: OpenAiJudgeOptions) {
    const { model, url, maxTokens, seed, rubric } = config;
    this.#rubric = rubricOf(rubric);
    this.#config = config;
    this.#options = options;
    this.#budget = options.budget ?? new Budget();
    // The wording itself: a rubric whose text changes under its name must not find old verdicts.
    const asked = this.#rubric
      .messages({ prompt: '{prompt}', response: '{response}' })
      .map(({ role, content }) => ({ role, content }));
    const read = typeof rubric === 'string' ? rubric : { score: rubric.score, scores: rubric.scores ?? null };
    this.identity = { judge: 'openai', revision, model, url, maxTokens, seed, temperature: 0, asked, read };
  }

  async verdicts(items: readonly JudgeItem[], { cache, signal, progress }: JudgeRun = {}): Promise<Verdict[]> {
    const { url } = this.#config;
    const { key, patience, concurrency } = this.#options;
    const server = new ChatServer(url, key, { budget: this.#budget, signal, ...(patience && { patience }) });
    const verdicts = new Map<Digest, Verdict>();
    const keys: Digest[] = [];
    const open: { readonly key: Digest; readonly item: JudgeItem }[] = [];
    const known = new Set<Digest>();
    let done = 0;
    for (const written of items) {
      const item = { prompt: wellFormed(written.prompt), response: wellFormed(written.response) };
      const itemKey = verdictKey(this.identity, item);
      keys.push(itemKey);
      if (known.has(itemKey)) continue;
      known.add(itemKey);
      const cached = await cache?.get(itemKey);
      if (cached === undefined) open.push({ key: itemKey, item });
      else verdicts.set(itemKey, cached);
    }
    const report = () => progress?.(done, known.size);
    done = known.size - open.length;
    report();

    // After a failure nothing new is asked, but what is under way is waited for: its verdicts are paid for.
    let failure: unknown;
    const next = open[Symbol.iterator]();
    const worker = async () => {
      for (const { key: itemKey, item } of next) {
        if (failure !== undefined) return;
        try {
          const verdict = await this.#judge(server, item);
          await cache?.put(itemKey, verdict);
          verdicts.set(itemKey, verdict);
          done++;
          report();
        } catch (error) {
          failure ??= error;
          return;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, open.length) }, worker));
    if (failure !== undefined) throw failure;
    return keys.map((itemKey) => verdicts.get(itemKey)!);
  }

  async #judge(server: ChatServer, item: JudgeItem): Promise<Verdict> {
    const { model, maxTokens, seed } = this.#config;
    const answer = await server.complete({ model, messages: this.#rubric.messages(item), maxTokens, seed });
    return verdictOf(answer, this.#rubric);
  }
}

function verdictOf({ text, reason }: ChatAnswer, rubric: Rubric): Verdict {
  return text === null ? { score: null, raw: `[${reason}]` } : { score: rubric.parse(text), raw: text };
}

/** A model may write half a surrogate pair. A server gets the replacement character in its place, as UTF-8 has no other. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
