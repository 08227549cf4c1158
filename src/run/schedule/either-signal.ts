/** A signal that aborts when one of several does, until it is ended: then nothing listens to them any more. */
export class EitherSignal {
  readonly #abort = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #stop = () => this.#abort.abort();

  constructor(...signals: readonly AbortSignal[]) {
    this.#signals = signals;
    for (const signal of signals) signal.addEventListener('abort', this.#stop);
    if (signals.some(({ aborted }) => aborted)) this.#stop();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  end(): void {
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#stop);
  }
}
