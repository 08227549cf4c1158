import { setTimeout as sleep } from 'node:timers/promises';
import { PassingFault, reasonOf, waitAskedFor } from '../data/passing-fault.js';
import type { ChatMessage } from '../data/tokenizer.js';
import { EnvironmentError, InterruptedError, StepError } from '../diagnostics/errors.js';

/** What is asked of a server that speaks OpenAI's chat completions, and with what. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly seed: number;
}

export interface ChatAnswer {
  /** null when the server filtered the answer away; `reason` then says so. */
  readonly text: string | null;
  readonly reason: string;
  /** Of question and answer, where the server tells. */
  readonly tokens: number | undefined;
}

/** How long and how often to try. */
export interface ChatPatience {
  readonly attempts: number;
  /** Of one attempt, from the first byte sent to the last received. */
  readonly timeoutMilliseconds: number;
  /** Before the second attempt; doubles with each. */
  readonly delayMilliseconds: number;
  /** Longest wait, also when the server asks for more. */
  readonly maximumDelayMilliseconds: number;
  readonly maximumAnswerBytes: number;
}

export const defaultChatPatience: ChatPatience = {
  attempts: 5,
  timeoutMilliseconds: 120_000,
  delayMilliseconds: 1_000,
  maximumDelayMilliseconds: 60_000,
  maximumAnswerBytes: 4 << 20,
};

/** The server did not answer, or only with faults, however often it was asked. */
export class ServerUnreachableError extends EnvironmentError {}

/** The server answered that it will not do this: a wrong key or model, a request it does not understand. */
export class ServerRefusedError extends EnvironmentError {
  readonly status: number;
  constructor(message: string, status: number, options: { hint?: string }) {
    super(message, options);
    this.status = status;
  }
}

/** Asking on would cost more than was allowed. */
export class BudgetExhaustedError extends StepError {}

/** Requests and tokens that may be spent; one for everything that shares the allowance. */
export class Budget {
  readonly #requests: number;
  readonly #tokens: number | undefined;
  #requestsSpent = 0;
  #tokensSpent = 0;

  constructor({ requests, tokens }: { readonly requests?: number; readonly tokens?: number } = {}) {
    this.#requests = requests ?? Number.POSITIVE_INFINITY;
    this.#tokens = tokens;
  }

  /** Takes one request. @throws BudgetExhaustedError when none is left, or no token. */
  request(): void {
    const what =
      this.#requestsSpent >= this.#requests
        ? `${this.#requests} requests`
        : this.#tokensSpent >= (this.#tokens ?? Number.POSITIVE_INFINITY)
          ? `${this.#tokens} tokens (${this.#tokensSpent} are spent)`
          : undefined;
    if (what !== undefined) {
      throw new BudgetExhaustedError(`The judge's budget of ${what} is used up`, {
        hint: 'Verdicts that were reached are kept. Raise `budget` and run again: only the others are asked for.',
      });
    }
    this.#requestsSpent++;
  }

  /** Counts what an answer cost. @throws ServerRefusedError when the server does not say, though tokens are counted. */
  answered(tokens: number | undefined): void {
    if (this.#tokens === undefined) return;
    if (tokens === undefined) {
      throw new ServerRefusedError(
        'The judge does not say how many tokens an answer took, so none can be counted',
        200,
        {
          hint: 'Give the budget in requests instead.',
        },
      );
    }
    this.#tokensSpent += tokens;
  }
}

/**
 * A server with OpenAI's `POST /chat/completions`: asked in bounded time, again when that may help, with typed errors.
 * The key goes into the Authorization header and nowhere else: redirects are not followed, and where the server repeats
 * the key in what it says, it is struck out.
 */
export class ChatServer {
  readonly #url: string;
  readonly #key: string | undefined;
  readonly #patience: ChatPatience;
  readonly #budget: Budget;
  readonly #signal: AbortSignal | undefined;
  /** When the server asked to be left alone until, for all that ask at once. */
  #restUntil = 0;

  /** @param url Base URL, such as `https://api.openai.com/v1`. */
  constructor(
    url: string,
    key: string | undefined,
    options: { patience?: Partial<ChatPatience>; budget?: Budget; signal?: AbortSignal | undefined } = {},
  ) {
    this.#url = `${url.replace(/\/+$/, '')}/chat/completions`;
    this.#key = key;
    this.#patience = { ...defaultChatPatience, ...options.patience };
    this.#budget = options.budget ?? new Budget();
    this.#signal = options.signal;
  }

  /**
   * @throws ServerUnreachableError, ServerRefusedError, BudgetExhaustedError, InterruptedError.
   */
  async complete(request: ChatRequest): Promise<ChatAnswer> {
    const { attempts, delayMilliseconds, maximumDelayMilliseconds } = this.#patience;
    for (let failures = 0; ; ) {
      await this.#rest();
      this.#budget.request();
      try {
        const answer = await this.#attempt(request);
        this.#budget.answered(answer.tokens);
        return answer;
      } catch (error) {
        this.#checkInterrupted();
        if (!(error instanceof PassingFault)) throw error;
        failures++;
        if (failures >= attempts) {
          throw new ServerUnreachableError(
            `${this.#url} gives no answer in ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${error.message}`,
            {
              hint: 'Verdicts that were reached are kept. Check the server and the network, and run again.',
            },
          );
        }
        const backOff = delayMilliseconds * 2 ** (failures - 1);
        const wait = Math.min(Math.max(error.waitMilliseconds ?? 0, backOff), maximumDelayMilliseconds);
        if (error.waitMilliseconds !== undefined) this.#restUntil = Math.max(this.#restUntil, Date.now() + wait);
        else await this.#sleep(wait);
      }
    }
  }

  async #attempt({ model, messages, maxTokens, seed }: ChatRequest): Promise<ChatAnswer> {
    const late = AbortSignal.timeout(this.#patience.timeoutMilliseconds);
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        },
        body: JSON.stringify({ model, messages, temperature: 0, max_tokens: maxTokens, seed }),
        redirect: 'manual',
        signal: this.#signal === undefined ? late : AbortSignal.any([late, this.#signal]),
      });
      const text = this.#withoutKey(await this.#body(response));
      const answer = response.ok ? answerOf(text) : this.#refusal(response, text);
      // Once more: in JSON the key may have been written with escapes.
      return { ...answer, text: answer.text && this.#withoutKey(answer.text), reason: this.#withoutKey(answer.reason) };
    } catch (error) {
      if (error instanceof PassingFault || error instanceof ServerRefusedError) throw error;
      if (late.aborted) throw new PassingFault(`no whole answer in ${this.#patience.timeoutMilliseconds / 1000} s`);
      throw new PassingFault(this.#withoutKey(reasonOf(error)));
    }
  }

  async #body(response: Response): Promise<string> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body ?? []) {
      bytes += part.length;
      if (bytes > this.#patience.maximumAnswerBytes) {
        await response.body?.cancel().catch(() => undefined);
        throw new PassingFault(`an answer of more than ${this.#patience.maximumAnswerBytes} bytes`);
      }
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /** An answer that is no success: filtered content is one all the same, the rest is thrown. */
  #refusal({ status, headers }: Response, text: string): ChatAnswer {
    const { code, message } = errorOf(text);
    const told = message === '' ? '' : `: ${this.#withoutKey(message)}`;
    if (status >= 300 && status < 400) {
      throw new ServerRefusedError(`${this.#url} redirects (${status}) to another address`, status, {
        hint: 'Give the final address as `url`: the key is not sent on.',
      });
    }
    // The model was never asked: nothing is spent.
    if (code === 'content_filter') return { text: null, reason: 'content_filter', tokens: 0 };
    if (
      code !== 'insufficient_quota' &&
      (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500)
    ) {
      throw new PassingFault(`status ${status}${told}`, waitAskedFor(headers));
    }
    throw new ServerRefusedError(`${this.#url} refuses (${status})${told}`, status, {
      hint: hintFor(status, this.#key),
    });
  }

  #withoutKey(text: string): string {
    return this.#key === undefined ? text : text.replaceAll(this.#key, '[key]');
  }

  async #rest(): Promise<void> {
    for (let wait = this.#restUntil - Date.now(); wait > 0; wait = this.#restUntil - Date.now())
      await this.#sleep(wait);
    this.#checkInterrupted();
  }

  async #sleep(milliseconds: number): Promise<void> {
    const options = this.#signal === undefined ? {} : { signal: this.#signal };
    await sleep(milliseconds, undefined, options).catch(() => undefined);
    this.#checkInterrupted();
  }

  #checkInterrupted(): void {
    if (this.#signal?.aborted)
      throw new InterruptedError('Judging was interrupted. Verdicts that were reached are kept.');
  }
}

type Loose = { readonly [key: string]: unknown } | null | undefined;

/** Reads a completion. @throws PassingFault when it is none: a proxy's page, a cut answer, something else's JSON. */
function answerOf(text: string): ChatAnswer {
  let body: Loose;
  try {
    body = JSON.parse(text) as Loose;
  } catch {
    throw new PassingFault(`an answer that is not JSON: ${excerpt(text)}`);
  }
  const choices = body?.choices;
  const choice = (Array.isArray(choices) ? choices[0] : undefined) as Loose;
  const message = choice?.message as Loose;
  if (typeof message !== 'object' || message === null) {
    throw new PassingFault(`an answer without a choice: ${excerpt(text)}`);
  }
  const reason = typeof choice?.finish_reason === 'string' ? choice.finish_reason : 'unknown';
  const spent = (body?.usage as Loose)?.total_tokens;
  const tokens = typeof spent === 'number' && Number.isFinite(spent) && spent >= 0 ? spent : undefined;
  if (typeof message.content === 'string') return { text: message.content, reason, tokens };
  if (typeof message.refusal === 'string') return { text: null, reason: `refusal: ${message.refusal}`, tokens };
  if (reason === 'content_filter') return { text: null, reason, tokens };
  throw new PassingFault(`a message without content: ${excerpt(text)}`);
}

/** OpenAI's `{"error": {"code", "message"}}`, or the beginning of whatever came instead. */
function errorOf(text: string): { readonly code: unknown; readonly message: string } {
  try {
    const error = (JSON.parse(text) as Loose)?.error as Loose;
    if (typeof error?.message === 'string') return { code: error.code, message: excerpt(error.message) };
  } catch {
    // Not JSON: a proxy's page, most likely.
  }
  return { code: undefined, message: excerpt(text) };
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= 200 ? line : `${line.slice(0, 200)}…`;
}

function hintFor(status: number, key: string | undefined): string {
  if (status === 401 || status === 403) {
    return key === undefined
      ? 'It asks for a key: put one into an environment variable and name that as `key`.'
      : 'The key is wrong or may not use this model. Put a good one into the environment variable that `key` names.';
  }
  if (status === 404) return 'Check `url`, which ends before /chat/completions, and the name of the model.';
  if (status === 429) return 'The account has no credit left.';
  return 'Check the model and max-tokens of the judge.';
}
