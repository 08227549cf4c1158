import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError, InterruptedError } from '../diagnostics/errors.js';
import { PassingFault, reasonOf, waitAskedFor } from '../diagnostics/passing-fault.js';
import { Budget, BudgetExhaustedError } from './budget.js';
import { answerOf, type ChatAnswer, errorIn, excerpt, OddAnswer, type ServerError } from './chat-answer.js';
import { bodyOf, type ChatRequest, type Dialect, dialectAfter, dialectText, usualDialect } from './chat-dialect.js';

/** How long and how often to try. */
export interface ChatPatience {
  readonly attempts: number;
  /** Milliseconds for one attempt, from the first byte sent to the last received. */
  readonly timeoutMilliseconds: number;
  /** Wait before the second attempt; it doubles with each further one. */
  readonly delayMilliseconds: number;
  /** Longest wait, also when the server asks for more. */
  readonly maximumDelayMilliseconds: number;
  readonly maximumAnswerBytes: number;
}

const defaultChatPatience: ChatPatience = {
  attempts: 5,
  timeoutMilliseconds: 120_000,
  delayMilliseconds: 1_000,
  maximumDelayMilliseconds: 60_000,
  maximumAnswerBytes: 4 << 20,
};

/** The server did not answer, or only with faults, however often it was asked. */
export class ServerUnreachableError extends EnvironmentError {}

/** The server answered as often as it was asked, and never with a text: most likely each time for money. */
export class OnlyOddAnswersError extends ServerUnreachableError {}

/** The server answered that it will not do this: a wrong key or model, a request it does not understand. */
export class ServerRefusedError extends EnvironmentError {
  readonly status: number;
  readonly error: ServerError | undefined;
  constructor(message: string, status: number, options: { hint?: string; error?: ServerError }) {
    super(message, options);
    this.status = status;
    this.error = options.error;
  }
}

/**
 * A shorter one is a word such as `none` or `x`, for a server that wants no key: no secret, and it may occur in any answer,
 * which would be damaged where it was struck out.
 */
const shortestSecret = 8;

/** What was learned of models, by url and name, while this process lives. */
const learned = new Map<string, Dialect>();

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
  readonly #notice: (line: string) => void;
  /** When the server asked to be left alone until, for all that ask at once. */
  #restUntil = 0;

  /** @param url Base URL, such as `https://api.openai.com/v1`. */
  constructor(
    url: string,
    key: string | undefined,
    options: {
      patience?: Partial<ChatPatience>;
      budget?: Budget;
      signal?: AbortSignal | undefined;
      /** Told what is asked otherwise than usual. */
      notice?: ((line: string) => void) | undefined;
    } = {},
  ) {
    this.#url = `${url.replace(/\/+$/, '')}/chat/completions`;
    this.#key = key;
    this.#patience = { ...defaultChatPatience, ...options.patience };
    this.#budget = options.budget ?? new Budget();
    this.#signal = options.signal;
    this.#notice = options.notice ?? (() => {});
  }

  /**
   * @param attempts Instead of those that patience allows.
   * @throws ServerUnreachableError, ServerRefusedError, BudgetExhaustedError, InterruptedError.
   */
  async complete(request: ChatRequest, attempts = this.#patience.attempts): Promise<ChatAnswer> {
    const { delayMilliseconds, maximumDelayMilliseconds } = this.#patience;
    let fault = '';
    for (let failures = 0; ; ) {
      await this.#rest();
      await this.#budgeted(fault);
      const dialect = this.#dialect(request);
      try {
        return this.#counted(await this.#attempt(request, dialect));
      } catch (error) {
        this.#checkInterrupted();
        if (error instanceof ServerRefusedError && this.#learn(request, dialect, error)) {
          this.#budget.requestReturned();
          continue;
        }
        if (!(error instanceof PassingFault)) throw error;
        failures++;
        fault = error.message;
        if (error instanceof OddAnswer) this.#budget.answered(error.tokens ?? request.maxTokens);
        if (failures >= attempts) {
          const Unanswered = error instanceof OddAnswer ? OnlyOddAnswersError : ServerUnreachableError;
          throw new Unanswered(
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

  /** @param fault Why the same is asked again, which may be why the budget is used up. */
  async #budgeted(fault: string): Promise<void> {
    try {
      await this.#budget.request();
    } catch (error) {
      if (!(error instanceof BudgetExhaustedError) || fault === '') throw error;
      throw new BudgetExhaustedError(`${error.message}, the last request for nothing: ${fault}`, {
        hint: 'Verdicts that were reached are kept. Check the server, and run again: only the others are asked for.',
      });
    }
  }

  /** @throws ServerRefusedError when the server does not say what an answer took, though tokens are counted. */
  #counted(answer: ChatAnswer): ChatAnswer {
    if (answer.tokens !== undefined) this.#budget.answered(answer.tokens);
    else if (this.#budget.countsTokens) {
      throw new ServerRefusedError(
        'The judge does not say how many tokens an answer took, so none can be counted',
        200,
        { hint: 'Give the budget in requests instead.' },
      );
    }
    return answer;
  }

  #dialect({ model }: ChatRequest): Dialect {
    return learned.get(`${this.#url} ${model}`) ?? usualDialect;
  }

  /** Whether the same may be asked again in another form, known from what the server refused or from another request. */
  #learn(request: ChatRequest, used: Dialect, { status, error }: ServerRefusedError): boolean {
    const known = this.#dialect(request);
    if ((status !== 400 && status !== 422) || error === undefined) return false;
    const better = dialectAfter(error, used, request);
    if (better === undefined) return false;
    if (known === used) {
      learned.set(`${this.#url} ${request.model}`, better);
      const text = dialectText(request.model, better);
      if (text !== '') this.#notice(text);
    }
    return true;
  }

  async #attempt(request: ChatRequest, dialect: Dialect): Promise<ChatAnswer> {
    const late = AbortSignal.timeout(this.#patience.timeoutMilliseconds);
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        },
        body: JSON.stringify(bodyOf(request, dialect)),
        redirect: 'manual',
        signal: this.#signal === undefined ? late : AbortSignal.any([late, this.#signal]),
      });
      const text = this.#withoutKey(await this.#body(response));
      const status = statusOf(response, text);
      const answer = status < 300 ? answerOf(text) : this.#refusal(status, response.headers, text);
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
        throw new OddAnswer(`an answer of more than ${this.#patience.maximumAnswerBytes} bytes`, undefined);
      }
      parts.push(part);
    }
    // Wrong bytes become the replacement character, and a mark of the byte order at the beginning goes.
    return new TextDecoder().decode(Buffer.concat(parts));
  }

  /** An answer that is no success: filtered content is one all the same, the rest is thrown. */
  #refusal(status: number, headers: Headers, text: string): ChatAnswer {
    const error = errorIn(text);
    const { code, message } = error ?? { code: undefined, message: excerpt(text) };
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
      error: error ?? { code, param: undefined, message },
    });
  }

  #withoutKey(text: string): string {
    if (this.#key === undefined || this.#key.length < shortestSecret) return text;
    return text.replaceAll(this.#key, '[key]').replaceAll(this.#key.replaceAll('/', '\\/'), '[key]');
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

/** Some servers send an error with status 200: a number as its code is the status, any other error one that may pass. */
function statusOf({ ok, status }: Response, text: string): number {
  const error = ok ? errorIn(text) : undefined;
  if (error === undefined) return status;
  const told = Number(error.code);
  return Number.isInteger(told) && told >= 400 && told < 600 ? told : 502;
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
