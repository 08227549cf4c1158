import { EnvironmentError } from '../../diagnostics/errors.js';
import { PassingFault } from '../../diagnostics/passing-fault.js';
import type { RemoteContent, RemoteOptions, RemoteStore } from '../remote-store.js';
import { NotImplementedError, S3Connection, type S3Patience } from './connection.js';
import type { S3Settings } from './settings.js';

/** What S3 takes in one piece. */
const mostBytes = 5 * 2 ** 30;
/** Bytes of a page of a listing: 1,000 names of a kibibyte, and their frame. */
const mostPageBytes = 8 << 20;

/** Bytes of the XML of a refusal that are read. */
const mostRefusalBytes = 4096;

/** A remote store in a bucket of Amazon S3 or of a server that acts like it: an object of the bucket an entry. */
export class S3Remote implements RemoteStore {
  readonly place: string;
  readonly mostBytes = mostBytes;
  readonly #connection: S3Connection;
  readonly #settings: S3Settings;
  /** Whether the server knows `If-None-Match` of a PUT. */
  #isConditional = true;

  constructor(settings: S3Settings, patience: S3Patience) {
    this.place = settings.place;
    this.#settings = settings;
    this.#connection = new S3Connection(settings, patience);
  }

  async read(name: string, options: RemoteOptions = {}): Promise<AsyncIterable<Uint8Array> | undefined> {
    const first = await this.#connection.send({ method: 'GET', url: this.#url(name), answers: [404] }, options);
    if (first.statusCode !== 404) return this.#parts(name, first, options);
    await this.#requireBucket(first, options);
    return undefined;
  }

  async has(name: string, { bytes, ...options }: RemoteOptions & { readonly bytes?: number } = {}): Promise<boolean> {
    const answer = await this.#connection.send({ method: 'HEAD', url: this.#url(name), answers: [404] }, options);
    this.#connection.drain(answer);
    if (answer.statusCode === 404) return false;
    const length = answer.headers['content-length'];
    return bytes === undefined || length === undefined || Number(length) === bytes;
  }

  async writeIfAbsent(name: string, content: RemoteContent, options: RemoteOptions = {}): Promise<boolean> {
    const url = this.#url(name);
    if (this.#isConditional) {
      try {
        const headers = { 'if-none-match': '*' };
        const answer = await this.#connection.send({ method: 'PUT', url, content, headers, answers: [412] }, options);
        this.#connection.drain(answer);
        return answer.statusCode !== 412;
      } catch (error) {
        if (!(error instanceof NotImplementedError)) throw error;
        this.#isConditional = false;
      }
    }
    // Of two that write one entry at a time the last wins then: objects are the same bytes, records as good as each other.
    if (await this.has(name, options)) return false;
    await this.replace(name, content, options);
    return true;
  }

  async replace(name: string, content: RemoteContent, options: RemoteOptions = {}): Promise<void> {
    const answer = await this.#connection.send({ method: 'PUT', url: this.#url(name), content }, options);
    this.#connection.drain(answer);
  }

  async *list(prefix: string, options: RemoteOptions = {}): AsyncGenerator<string> {
    const { DOMParser } = await import('linkedom');
    const begin = this.#settings.prefix;
    for (let token: string | undefined = ''; token !== undefined; ) {
      const url = new URL(this.#settings.bucketUrl);
      url.searchParams.set('list-type', '2');
      url.searchParams.set('prefix', begin + prefix);
      if (token !== '') url.searchParams.set('continuation-token', token);
      const page = new DOMParser().parseFromString(await this.#text(url, options), 'text/xml');
      if (page.querySelector('ListBucketResult') === null) throw this.#strange('its listing is not that of a bucket');
      for (const { textContent: key } of page.querySelectorAll('Contents > Key')) {
        if (!key?.startsWith(begin + prefix)) throw this.#strange('its listing has other names than were asked for');
        yield key.slice(begin.length);
      }
      const isMore = page.querySelector('IsTruncated')?.textContent === 'true';
      const next = isMore ? page.querySelector('NextContinuationToken')?.textContent : undefined;
      if (isMore && (!next || next === token)) throw this.#strange('its listing has no end');
      token = next ?? undefined;
    }
  }

  /** The bytes of an entry. Where the connection is cut, it is asked for the rest. */
  async *#parts(name: string, first: Awaited<ReturnType<S3Connection['send']>>, options: RemoteOptions) {
    let answer = first;
    let arrived = 0;
    let failed = 0;
    const total = Number(first.headers['content-length']);
    for (;;) {
      try {
        for await (const part of this.#connection.body(answer, options)) {
          arrived += part.length;
          yield part;
        }
        return;
      } catch (error) {
        if (!(error instanceof PassingFault) || !Number.isSafeInteger(total)) throw this.#cut(error);
      }
      const before = failed;
      failed = arrived;
      if (before === arrived) throw this.#cut(new PassingFault('the connection is cut again and again'));
      const headers = { range: `bytes=${arrived}-`, ...ifSame(first.headers.etag) };
      answer = await this.#connection.send({ method: 'GET', url: this.#url(name), headers }, options);
      const isRest = answer.statusCode === 206 && answer.headers['content-range']?.startsWith(`bytes ${arrived}-`);
      if (!isRest) throw this.#strange('it does not give the rest of an entry');
    }
  }

  async #text(url: URL, options: RemoteOptions): Promise<string> {
    return this.#connection.retry(async () => {
      const answer = await this.#connection.attempt({ method: 'GET', url }, options);
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for await (const part of this.#connection.body(answer, options)) {
        bytes += part.length;
        if (bytes > mostPageBytes) throw this.#strange(`a page of its listing has more than ${mostPageBytes} bytes`);
        parts.push(part);
      }
      return Buffer.concat(parts).toString();
    }, options);
  }

  /** A missing entry is an answer, a missing bucket a fault. */
  async #requireBucket(answer: Awaited<ReturnType<S3Connection['send']>>, options: RemoteOptions): Promise<void> {
    let text = '';
    for await (const part of this.#connection.body(answer, options)) {
      text += Buffer.from(part).toString();
      if (text.length > mostRefusalBytes) break;
    }
    if (!text.includes('<Code>NoSuchBucket</Code>')) return;
    throw new EnvironmentError(`${this.place}: there is no such bucket`, {
      hint: 'Check its name. Buckets are made with the tools of the storage.',
    });
  }

  #cut(error: unknown): unknown {
    if (!(error instanceof PassingFault)) return error;
    return new EnvironmentError(`${this.place} cannot be reached: ${error.message}`, {
      hint: 'Check the network. What has arrived is kept: the same command goes on.',
    });
  }

  #strange(what: string): EnvironmentError {
    return new EnvironmentError(`${this.place} does not act like S3: ${what}`, {
      hint: 'Check AWS_ENDPOINT_URL, and whether a proxy or login page stands in between.',
    });
  }

  #url(name: string): URL {
    return new URL(name, this.#settings.url);
  }
}

function ifSame(etag: string | undefined): Readonly<Record<string, string>> {
  return etag === undefined ? {} : { 'if-match': etag };
}
