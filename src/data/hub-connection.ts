import { setTimeout as sleep } from 'node:timers/promises';
import { DataError, EnvironmentError, InterruptedError, RunflowError } from '../diagnostics/errors.js';
import { PassingFault, reasonOf, waitAskedFor } from '../diagnostics/passing-fault.js';
import { isHeaderValue } from '../formats/header-value.js';
import { isCommit, type RepositoryKind } from './hub-reference.js';
import type { HubSettings } from './hub-settings.js';

/** How long and how often to try; the defaults suit the real hub. */
export interface Patience {
  /** Attempts at one request, or at one file without a mebibyte of progress. */
  readonly attempts: number;
  /** Wait before the second attempt; it doubles with each further one. */
  readonly delayMilliseconds: number;
  /** Longest wait, also when the server asks for more. */
  readonly maximumDelayMilliseconds: number;
  /** Silence after which a connection counts as dead. */
  readonly silenceMilliseconds: number;
}

const defaultPatience: Patience = {
  attempts: 5,
  delayMilliseconds: 500,
  maximumDelayMilliseconds: 60_000,
  silenceMilliseconds: 30_000,
};

/** What a request is for; errors name it. */
export interface Subject {
  readonly kind: RepositoryKind;
  /** `Qwen/Qwen2.5-1.5B` */
  readonly repo: string;
  readonly revision: string;
  readonly file?: string;
}

const maximumAnswerBytes = 64 << 20;

/** The hub did not answer, or only with faults, however often it was asked. */
export class HubUnreachableError extends EnvironmentError {}

/** The repository is there at that revision, the file or folder is not. */
export class EntryNotFoundError extends DataError {}

/** Requests to the hub: with the token, in bounded time, tried again when that may help, failing with typed errors. */
export class HubConnection {
  readonly settings: HubSettings;
  readonly patience: Patience;
  readonly #signal: AbortSignal | undefined;

  constructor(settings: HubSettings, options: { patience?: Partial<Patience>; signal?: AbortSignal } = {}) {
    this.settings = settings;
    this.patience = { ...defaultPatience, ...options.patience };
    this.#signal = options.signal;
  }

  /** A `fetch` for @huggingface/hub's functions: answers are read whole, so that a cut one is asked for again. */
  apiFetch(subject: Subject): typeof fetch {
    return (input, init) =>
      this.retry(subject, async () => {
        const response = await this.open(String(input instanceof Request ? input.url : input), init?.headers, subject);
        const parts: Uint8Array<ArrayBuffer>[] = [];
        let bytes = 0;
        for await (const part of this.body(response)) {
          bytes += part.length;
          if (bytes > maximumAnswerBytes) {
            throw this.#strange(subject, `its answer is longer than ${maximumAnswerBytes} bytes`);
          }
          parts.push(part);
        }
        return new Response(new Blob(parts), {
          status: response.status,
          headers: { link: response.headers.get('link') ?? '' },
        });
      });
  }

  /**
   * One request, up to its headers. @throws PassingFault, or an error that says why there is no sense in trying again.
   */
  async open(url: string, headers: HeadersInit | undefined, subject: Subject): Promise<Response> {
    this.#checkInterrupted(subject);
    const all = new Headers(headers);
    all.set('user-agent', `runflow; node/${process.versions.node}`);
    const { token, endpoint } = this.settings;
    // fetch itself drops the header when it is redirected to another origin.
    if (token !== undefined && new URL(url).origin === new URL(endpoint).origin) {
      if (!isHeaderValue(token)) {
        throw new EnvironmentError(
          'the token of the hub holds a line break, a space or another character that no token has',
          {
            hint: 'Set HF_TOKEN anew, or log in again, without anything around the token.',
          },
        );
      }
      all.set('authorization', `Bearer ${token}`);
    }
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), this.patience.silenceMilliseconds);
    let response: Response;
    try {
      const signals = this.#signal === undefined ? [silence.signal] : [silence.signal, this.#signal];
      response = await fetch(url, { headers: all, signal: AbortSignal.any(signals) });
    } catch (error) {
      this.#checkInterrupted(subject);
      const reason = silence.signal.aborted ? 'no answer' : reasonOf(error);
      if (/redirect/.test(reason)) throw this.#strange(subject, reason);
      throw new PassingFault(reason);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel().catch(() => undefined);
    throw this.#refusal(response, subject);
  }

  /** The parts of a body as they come. @throws PassingFault when the connection is cut or falls silent. */
  async *body(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    if (response.body === null) return;
    const reader = response.body.getReader();
    let complete = false;
    try {
      for (;;) {
        let timer: NodeJS.Timeout | undefined;
        const silence = new Promise<never>((_, reject) => {
          const fail = () => reject(new PassingFault('the connection fell silent'));
          timer = setTimeout(fail, this.patience.silenceMilliseconds);
        });
        const part = await Promise.race([reader.read(), silence])
          .catch((error: unknown) => {
            throw error instanceof PassingFault ? error : new PassingFault(reasonOf(error));
          })
          .finally(() => clearTimeout(timer));
        if (part.done) break;
        yield part.value;
      }
      complete = true;
    } finally {
      if (!complete) await reader.cancel().catch(() => undefined);
    }
  }

  /**
   * Runs `attempt` until it succeeds, fails for good, or has met too many passing faults in a row. `progressed` says
   * whether the last attempt got on, so that a long download over a bad line is not given up.
   */
  async retry<T>(subject: Subject, attempt: () => Promise<T>, progressed: () => boolean = () => false): Promise<T> {
    for (let failures = 0; ; ) {
      try {
        return await attempt();
      } catch (error) {
        this.#checkInterrupted(subject);
        if (!(error instanceof PassingFault)) throw error;
        failures = progressed() ? 1 : failures + 1;
        if (failures >= this.patience.attempts) {
          throw new HubUnreachableError(
            `${describe(subject)}: ${this.settings.endpoint} cannot be reached: ${error.message}`,
            {
              hint: 'Check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use the cache only. What has arrived is kept.',
            },
          );
        }
        const backOff = this.patience.delayMilliseconds * 2 ** (failures - 1);
        const wait = Math.min(Math.max(error.waitMilliseconds ?? 0, backOff), this.patience.maximumDelayMilliseconds);
        await sleep(wait, undefined, this.#signal === undefined ? {} : { signal: this.#signal }).catch(() => undefined);
        this.#checkInterrupted(subject);
      }
    }
  }

  #checkInterrupted(subject: Subject): void {
    if (this.#signal?.aborted) throw new InterruptedError(`${describe(subject)}: interrupted`);
  }

  #refusal(response: Response, subject: Subject): Error {
    const { status, headers } = response;
    if (status === 429 || status === 408 || status >= 500) {
      return new PassingFault(
        status === 429 ? 'too many requests (429)' : `server error ${status}`,
        waitAskedFor(headers),
      );
    }
    const page = `${this.settings.endpoint}/${subject.kind === 'dataset' ? 'datasets/' : ''}${subject.repo}`;
    const withToken = this.settings.token !== undefined;
    if (status === 401) {
      return new EnvironmentError(`${describe(subject)}: the hub refuses access (401)`, {
        hint: withToken
          ? 'The token is not valid any more, or the repository does not exist. Renew HF_TOKEN.'
          : 'It is gated or private, or does not exist. Set HF_TOKEN to a token that may read it.',
      });
    }
    if (status === 403) {
      return new EnvironmentError(`${describe(subject)}: the hub forbids access (403)`, {
        hint: withToken
          ? `Accept its conditions at ${page} with the account of the token.`
          : `Accept its conditions at ${page} and set HF_TOKEN.`,
      });
    }
    if (status === 404) return notFound(headers.get('x-error-code'), subject);
    return this.#strange(subject, `it answers with status ${status}`);
  }

  #strange(subject: Subject, what: string, cause?: unknown): RunflowError {
    return new EnvironmentError(`${describe(subject)}: ${this.settings.endpoint} does not act like the hub: ${what}`, {
      cause,
      hint: 'Check HF_ENDPOINT, and whether a proxy or login page stands in between.',
    });
  }

  /** Runs a function of @huggingface/hub and explains what it throws when an answer is not what it expects. */
  async explain<T>(subject: Subject, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof RunflowError) throw error;
      throw this.#strange(subject, 'its answer is not the JSON that was expected', error);
    }
  }
}

export function describe({ repo, revision, file }: Subject): string {
  return `${repo}@${isCommit(revision) ? revision.slice(0, 12) : revision}${file === undefined ? '' : `: ${file}`}`;
}

function notFound(code: string | null, subject: Subject): DataError {
  if (code === 'RevisionNotFound') {
    return new DataError(`${subject.repo} has no revision ${subject.revision}`, { hint: otherRevision(subject) });
  }
  if (code === 'EntryNotFound') return new EntryNotFoundError(`${describe(subject)}: the repository has no such file`);
  return new DataError(`there is no ${subject.kind} ${subject.repo} on the hub`, {
    hint: 'Check the spelling; a private one needs HF_TOKEN.',
  });
}

function otherRevision({ revision }: Subject): string {
  if (isCommit(revision)) {
    return 'If a lock file pins it, the hub has dropped that commit: delete the entry there to look the revision up again.';
  }
  if (revision.startsWith('refs/convert/')) {
    return 'The hub has not converted this dataset: name its own files with `files` instead of `split`.';
  }
  return 'Give a branch, a tag or a commit.';
}
