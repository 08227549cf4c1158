import { StepError } from '../diagnostics/errors.js';

/** Asking on would cost more than was allowed. */
export class BudgetExhaustedError extends StepError {}

/** What was asked for so far under one allowance. */
export type Spent = { readonly requests: number; readonly tokens: number };

export const nothingSpent: Spent = { requests: 0, tokens: 0 };

/** Record in which everyone who shares an allowance writes what was spent: one change at a time, never half of one. */
export interface Ledger {
  change(update: (before: Spent) => Spent): Promise<Spent>;
}

/** An allowance that nobody else shares. */
export function ownLedger(): Ledger {
  let spent = nothingSpent;
  return {
    async change(update) {
      spent = update(spent);
      return spent;
    },
  };
}

/** Requests that are taken from the ledger at once, so that not each of them has to wait for it. */
const mostAtOnce = 16;

/** One process must not hold all of a small budget, for the others would find it used up while it is not. */
const mostOfTheBudget = 1 / 16;

/**
 * Requests and tokens that may be spent, by all that write into one ledger together. Requests are taken from the ledger
 * before they are asked, a few at once; `close` gives back those that were not. Who is killed gives none back: they count
 * as spent, so that never more is asked than was allowed. Tokens are known once an answer is there: none is asked for after
 * the last was spent, but what is under way then is still paid.
 */
export class Budget {
  readonly #requests: number;
  readonly #tokens: number | undefined;
  readonly #ledger: Ledger;
  /** Taken from the ledger and not asked yet. */
  #taken = 0;
  /** Spent and not in the ledger yet. */
  #tokensToTell = 0;
  #taking: Promise<void> | undefined;

  constructor({ requests, tokens }: { requests?: number; tokens?: number } = {}, ledger: Ledger = ownLedger()) {
    this.#requests = requests ?? Number.POSITIVE_INFINITY;
    this.#tokens = tokens;
    this.#ledger = ledger;
  }

  /** Whether tokens are counted. */
  get countsTokens(): boolean {
    return this.#tokens !== undefined;
  }

  /** Takes one request. @throws BudgetExhaustedError when none is left, or no token. */
  async request(): Promise<void> {
    if (this.#requests === Number.POSITIVE_INFINITY && this.#tokens === undefined) return;
    while (this.#taken === 0) {
      this.#taking ??= this.#take().finally(() => {
        this.#taking = undefined;
      });
      await this.#taking;
    }
    this.#taken--;
  }

  /** The request was refused for its form: it answered nothing and cost nothing. */
  requestReturned(): void {
    this.#taken++;
  }

  /** Counts what an answer cost. */
  answered(tokens: number): void {
    this.#tokensToTell += tokens;
  }

  /** Writes down what is not written yet, and gives back what was not asked. */
  async close(): Promise<void> {
    const [requests, tokens] = [this.#taken, this.#tokensToTell];
    if (requests === 0 && tokens === 0) return;
    this.#taken = 0;
    this.#tokensToTell = 0;
    await this.#ledger.change((before) => ({
      requests: Math.max(0, before.requests - requests),
      tokens: before.tokens + tokens,
    }));
  }

  async #take(): Promise<void> {
    const told = this.#tokensToTell;
    this.#tokensToTell = 0;
    const allowed = this.#tokens ?? Number.POSITIVE_INFINITY;
    const share = Math.max(1, Math.floor(this.#requests * mostOfTheBudget));
    const atOnce = this.#tokens === undefined ? Math.min(mostAtOnce, share) : 1;
    let taken = 0;
    const spent = await this.#ledger.change((before) => {
      const tokens = before.tokens + told;
      taken = tokens >= allowed ? 0 : Math.max(0, Math.min(atOnce, this.#requests - before.requests));
      return { requests: before.requests + taken, tokens };
    });
    if (taken > 0) {
      this.#taken += taken;
      return;
    }
    const what =
      spent.tokens >= allowed ? `${allowed} tokens (${spent.tokens} are spent)` : `${this.#requests} requests`;
    throw new BudgetExhaustedError(`The judge's budget of ${what} is used up`, {
      hint: 'Verdicts that were reached are kept. Raise `budget` and run again: only the others are asked for.',
    });
  }
}
