import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { EnvironmentError, InterruptedError, RunflowError } from '../../diagnostics/errors.js';
import { PassingFault, reasonOf, waitAskedFor } from '../../diagnostics/passing-fault.js';
import type { RemoteContent, RemoteOptions } from '../remote-store.js';
import type { S3Settings } from './settings.js';

/** How long and how often to try. */
export interface S3Patience {
  /** Attempts at one request, or at one download without progress. */
  readonly attempts: number;
  /** Wait before the second attempt; it doubles with each further one. */
  readonly delayMilliseconds: number;
  /** Longest wait, also when the server asks for more. */
  readonly mostDelayMilliseconds: number;
  /** Silence after which a connection counts as dead. */
  readonly silenceMilliseconds: number;
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: RemoteContent;
  /** Statuses that are an answer, beside 2xx. */
  readonly answers?: readonly number[];
}

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** Open connections at a time. */
const mostSockets = 32;
/** Bytes of the XML of a refusal that are read. */
const mostErrorBytes = 16 << 10;

/** Signed requests to a bucket: in bounded time, tried again when that may help, no redirect followed, errors typed. */
export class S3Connection {
  readonly settings: S3Settings;
  readonly #patience: S3Patience;
  readonly #agent: HttpAgent;

  constructor(settings: S3Settings, patience: S3Patience) {
    this.settings = settings;
    this.#patience = patience;
    const options = { keepAlive: true, maxSockets: mostSockets };
    this.#agent = settings.url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Sends a request until it is answered. @throws EnvironmentError when it is refused, or never answered */
  send(request: S3Request, options: RemoteOptions): Promise<IncomingMessage> {
    return this.retry(() => this.attempt(request, options), options);
  }

  /** @param progressed whether the last attempt got on, so that a long download over a bad line is not given up */
  async retry<T>(attempt: () => Promise<T>, { signal }: RemoteOptions, progressed = () => false): Promise<T> {
    const { attempts, delayMilliseconds, mostDelayMilliseconds } = this.#patience;
    for (let failures = 0; ; ) {
      try {
        return await attempt();
      } catch (error) {
        checkInterrupted(signal);
        if (!(error instanceof PassingFault)) throw error;
        failures = progressed() ? 1 : failures + 1;
        if (failures >= attempts) {
          throw new EnvironmentError(`${this.settings.place} cannot be reached: ${error.message}`, {
            hint: 'Check the network, AWS_ENDPOINT_URL and AWS_REGION. What has arrived is kept: the same command goes on.',
          });
        }
        const wait = Math.max(error.waitMilliseconds ?? 0, delayMilliseconds * 2 ** (failures - 1));
        await sleep(Math.min(wait, mostDelayMilliseconds), undefined, { signal }).catch(() => undefined);
        checkInterrupted(signal);
      }
    }
  }

  /** One request, up to the headers of its answer. @throws PassingFault, or an error that says why it is of no use to try again */
  async attempt(request: S3Request, { signal }: RemoteOptions): Promise<IncomingMessage> {
    checkInterrupted(signal);
    const { method, url, content, answers = [] } = request;
    const { headers } = await new AwsV4Signer({
      ...this.#credentials(),
      method,
      url: url.href,
      headers: { ...request.headers, 'x-amz-content-sha256': content?.sha256 ?? emptySha256 },
    }).sign();
    if (content !== undefined) headers.set('content-length', String(content.bytes));
    let response: IncomingMessage;
    try {
      response = await this.#exchange(url, method, Object.fromEntries(headers), content, signal);
    } catch (error) {
      checkInterrupted(signal);
      if (error instanceof RunflowError || error instanceof PassingFault) throw error;
      throw new PassingFault(reasonOf(error));
    }
    const status = response.statusCode!;
    if ((status >= 200 && status < 300) || answers.includes(status)) return response;
    throw this.#refusal(response, await codeOf(response), request.url);
  }

  /** The parts of an answer. @throws PassingFault when the connection is cut or falls silent */
  async *body(response: IncomingMessage, { signal }: RemoteOptions): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of response) yield part as Uint8Array;
    } catch (error) {
      checkInterrupted(signal);
      throw error instanceof PassingFault ? error : new PassingFault(reasonOf(error));
    } finally {
      response.destroy();
    }
  }

  /** @param answer only its status and headers are of use: its connection is free again once it is read */
  drain(answer: IncomingMessage): void {
    answer.on('error', () => undefined).resume();
  }

  #credentials() {
    const { accessKeyId, secretAccessKey, sessionToken, region } = this.settings;
    const session = sessionToken === undefined ? {} : { sessionToken };
    return { service: 's3', region, accessKeyId, secretAccessKey, ...session };
  }

  #exchange(
    url: URL,
    method: string,
    headers: Record<string, string>,
    content: RemoteContent | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      // As an option it counts from the first packet: setTimeout alone waits for a connection as long as the system does.
      const options = { method, headers, agent: this.#agent, timeout: this.#patience.silenceMilliseconds };
      const sent = send(url, { ...options, ...(signal === undefined ? {} : { signal }) });
      sent.on('timeout', () => sent.destroy(new PassingFault('no answer')));
      sent.once('response', resolve);
      // An answer may come before all is sent; what happens to the rest then is of no interest.
      sent.on('error', reject);
      if (content === undefined) sent.end();
      else pipeline(Readable.from(content.open()), sent).catch(reject);
    });
  }

  #refusal({ statusCode: status, headers }: IncomingMessage, code: string | undefined, { href }: URL): Error {
    const { place } = this.settings;
    const told = code === undefined ? `${status}` : `${status} ${code}`;
    if (status === 429 || status === 408 || status === 409 || (status! >= 500 && status !== 501)) {
      const asked = headers['retry-after'];
      return new PassingFault(`server error ${told}`, waitAskedFor(new Headers(asked ? { 'retry-after': asked } : {})));
    }
    if (status! >= 300 && status! < 400) {
      return new EnvironmentError(`${place} answers with a redirect (${told}), which is not followed`, {
        hint: 'Check AWS_REGION, which must be that of the bucket, and AWS_ENDPOINT_URL.',
      });
    }
    if (status === 401 || status === 403) {
      const hint =
        code === 'RequestTimeTooSkewed'
          ? 'Set the clock of this machine.'
          : 'Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Taking results needs s3:GetObject and s3:ListBucket, sending them s3:PutObject.';
      return new EnvironmentError(`${place} refuses access (${told})`, { hint });
    }
    if (status === 404 || code === 'NoSuchBucket') {
      return new EnvironmentError(`${place} is not there (${told})`, {
        hint: 'Check the name of the bucket, which must have been made before.',
      });
    }
    if (status === 501) return new NotImplementedError(`${place} cannot do that (${told})`);
    return new EnvironmentError(`${place} does not act like S3: it answers ${told} to ${new URL(href).pathname}`, {
      hint: 'Check AWS_ENDPOINT_URL, and whether a proxy or login page stands in between.',
    });
  }
}

/** The server knows no such request or header. */
export class NotImplementedError extends EnvironmentError {}

/** The name of the fault. Its text is left out: it may quote the request, with the name of the key. */
async function codeOf(response: IncomingMessage): Promise<string | undefined> {
  let text = '';
  try {
    for await (const part of response) {
      text += String(part);
      if (text.length > mostErrorBytes) break;
    }
  } catch {
    // What came of it may do.
  }
  return /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1];
}

function checkInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError('interrupted');
}
