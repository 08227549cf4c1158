import { EnvironmentError } from '../diagnostics/errors.js';
import type { Digest } from '../formats/digest.js';
import { isHeaderValue } from '../formats/header-value.js';
import type { JsonObject } from '../formats/json.js';
import type { RubricChoice } from '../formats/response-choices.js';
import { askAll } from './ask-all.js';
import { Budget } from './budget.js';
import type { ChatRequest } from './chat-dialect.js';
import { type ChatPatience, ChatServer } from './chat-server.js';
import type { JudgeItem, JudgeRun, ResponseJudge, RubricNumbers, Verdict } from './judge.js';
import { rubricOf } from './rubrics/registry.js';
import { type Rubric, verdictIn } from './rubrics/rubric.js';
import { type KeptAnswer, verdictKey } from './verdict-cache.js';

/** What decides the verdicts. */
export type OpenAiJudgeConfig = {
  readonly model: string;
  /** Base URL of any server that speaks OpenAI's chat completions. */
  readonly url: string;
  readonly rubric: RubricChoice;
  readonly maxTokens: number;
  /** `default`: the model's own. Absent: 0, or the model's own where it takes none. */
  readonly temperature?: number | 'default';
  readonly seed: number;
};

/** How they are got. */
export interface OpenAiJudgeOptions {
  /** Gives the key, and is asked only when a question is open; absent for servers that want none. */
  readonly key?: () => string;
  /** Requests under way at once. */
  readonly concurrency: number;
  readonly budget?: Budget;
  readonly patience?: Partial<ChatPatience>;
}

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

/** Judges by asking a language model behind an OpenAI-compatible server. */
export class ServerJudge implements ResponseJudge {
  /** What is asked, without how its answer is read: who reads it in another way need not ask again. */
  readonly identity: JsonObject;
  readonly numbers: RubricNumbers | undefined;
  readonly #config: OpenAiJudgeConfig;
  readonly #options: OpenAiJudgeOptions;
  readonly #rubric: Rubric;

  constructor(config: OpenAiJudgeConfig, options: OpenAiJudgeOptions) {
    const { model, url, maxTokens, temperature, seed, rubric } = config;
    this.#rubric = rubricOf(rubric);
    this.numbers = this.#rubric.numbers;
    this.#config = config;
    this.#options = options;
    // The wording itself: a rubric whose text changes under its name must not find old verdicts.
    const asked = this.#rubric
      .messages({ prompt: '{prompt}', response: '{response}' })
      .map(({ role, content }) => ({ role, content }));
    this.identity = { judge: 'openai', model, url, maxTokens, seed, temperature: temperature ?? 'lowest', asked };
  }

  /** What the answer to a question is kept under. */
  questionKey(item: JudgeItem): Digest {
    return verdictKey(this.identity, wellFormedItem(item));
  }

  async verdicts(items: readonly JudgeItem[], run: JudgeRun = {}): Promise<Verdict[]> {
    const answers = new Map<Digest, KeptAnswer>();
    const questions = new Map<Digest, JudgeItem>();
    const keys = items.map((item) => {
      const itemKey = this.questionKey(item);
      questions.set(itemKey, wellFormedItem(item));
      return itemKey;
    });
    for (const itemKey of questions.keys()) {
      const kept = await run.cache?.get(itemKey);
      if (kept !== undefined) answers.set(itemKey, kept);
    }
    run.progress?.(answers.size, questions.size);
    if (answers.size < questions.size) await this.#askOpen(questions, answers, run);
    const cut = [...answers.values()].filter(({ reason }) => reason.startsWith('length')).length;
    if (cut > 0) run.notice?.(`${cut} of ${answers.size} answers of the judge were cut: max-tokens is ${this.#config.maxTokens}`); // biome-ignore format: one line
    return keys.map((itemKey) => verdictOf(answers.get(itemKey)!, this.#rubric));
  }

  /** Adds to `answers` what the other questions are answered. */
  async #askOpen(
    questions: ReadonlyMap<Digest, JudgeItem>,
    answers: Map<Digest, KeptAnswer>,
    { cache, signal, progress, notice }: JudgeRun,
  ): Promise<void> {
    const { key, patience, concurrency, budget = new Budget() } = this.#options;
    const server = new ChatServer(this.#config.url, key?.(), {
      budget,
      signal,
      notice,
      ...(patience && { patience }),
    });
    let asked = false;
    try {
      await askAll(questions, answers, {
        concurrency,
        ask: (item, attempts) => server.complete(this.#request(item), attempts),
        // Runs that share a store judge the same responses at the same time.
        kept: async (itemKey) => cache?.get(itemKey),
        async keep(itemKey, answer) {
          await cache?.put(itemKey, answer);
          answers.set(itemKey, answer);
          progress?.(answers.size, questions.size);
        },
      });
      asked = true;
    } finally {
      // On a full disk neither fits, and what was lost of the answers is the error to tell.
      await budget.close().catch((error) => {
        if (asked) throw error;
      });
    }
  }

  #request(item: JudgeItem): ChatRequest {
    const { model, maxTokens, temperature, seed } = this.#config;
    const messages = this.#rubric.messages(item);
    return { model, messages, maxTokens, seed, ...(temperature !== undefined && { temperature }) };
  }
}

function verdictOf({ text, reason }: KeptAnswer, rubric: Rubric): Verdict {
  if (text === null) return { score: null, raw: `[${reason}]` };
  return verdictIn(text, rubric);
}

function wellFormedItem({ prompt, response }: JudgeItem): JudgeItem {
  return { prompt: wellFormed(prompt), response: wellFormed(response) };
}

/** A model may write half a surrogate pair. A server gets the replacement character in its place, as UTF-8 has no other. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
