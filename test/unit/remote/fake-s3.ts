import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsV4Signer } from 'aws4fetch';

export const accessKeyId = 'AKIDFORTESTS';
export const secretAccessKey = 'a-secret-that-nobody-may-see';

/** Does something else than the server would. @returns whether the request is answered by it */
type Fault = (request: IncomingMessage, response: ServerResponse, name: string) => boolean;

/** As much of an S3 server as runflow asks for, in memory: signatures and digests of bodies are checked. */
export class FakeS3 {
  readonly objects = new Map<string, Buffer>();
  readonly requests: string[] = [];
  /** Most requests that were open at a time. */
  mostOpen = 0;
  pageSize = 1000;
  /** Added to each answer. */
  delayMilliseconds = 0;
  isConditional = true;
  fault: Fault = () => false;
  readonly #server: Server;
  #open = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#open += 1;
      this.mostOpen = Math.max(this.mostOpen, this.#open);
      response.on('close', () => {
        this.#open -= 1;
      });
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.endpoint);
    const name = decodeURIComponent(url.pathname).replace(/^\/bucket\//, '');
    this.requests.push(`${request.method} ${url.pathname}`);
    const parts: Buffer[] = [];
    if (!(await this.#isSigned(request, url))) return refuse(response, 403, 'SignatureDoesNotMatch');
    if (this.fault(request, response, name)) return;
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (this.delayMilliseconds > 0) await new Promise((resume) => setTimeout(resume, this.delayMilliseconds));
    if (!url.pathname.startsWith('/bucket/')) return refuse(response, 404, 'NoSuchBucket');
    if (request.method === 'PUT') return this.#put(request, response, name, body);
    if (name === '') return this.#list(response, url);
    const found = this.objects.get(name);
    if (found === undefined) return refuse(response, 404, 'NoSuchKey');
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = found.subarray(from);
    response.statusCode = from > 0 ? 206 : 200;
    if (from > 0) response.setHeader('content-range', `bytes ${from}-${found.length - 1}/${found.length}`);
    response.setHeader('content-length', rest.length);
    response.end(request.method === 'HEAD' ? undefined : rest);
  }

  #put(request: IncomingMessage, response: ServerResponse, name: string, body: Buffer): void {
    const refused = this.#refusalOfPut(request, name, body);
    if (refused !== undefined) {
      refuse(response, ...refused);
      return;
    }
    this.objects.set(name, body);
    response.end();
  }

  #refusalOfPut({ headers }: IncomingMessage, name: string, body: Buffer): readonly [number, string] | undefined {
    if (headers['content-length'] !== String(body.length)) return [411, 'MissingContentLength'];
    const sha256 = createHash('sha256').update(body).digest('hex');
    if (headers['x-amz-content-sha256'] !== sha256) return [400, 'XAmzContentSHA256Mismatch'];
    if (headers['if-none-match'] !== '*') return undefined;
    if (!this.isConditional) return [501, 'NotImplemented'];
    return this.objects.has(name) ? [412, 'PreconditionFailed'] : undefined;
  }

  #list(response: ServerResponse, url: URL): void {
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = Buffer.from(url.searchParams.get('continuation-token') ?? '', 'base64').toString();
    const names = [...this.objects.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
    const page = names.slice(0, this.pageSize);
    const isMore = names.length > page.length;
    const token = isMore
      ? `<NextContinuationToken>${Buffer.from(page.at(-1)!).toString('base64')}</NextContinuationToken>`
      : '';
    const keys = page.map((name) => `<Contents><Key>${name}</Key></Contents>`).join('');
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><IsTruncated>${isMore}</IsTruncated>${token}${keys}</ListBucketResult>`,
    );
  }

  async #isSigned({ method, headers }: IncomingMessage, url: URL): Promise<boolean> {
    const signed = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
    const given = Object.fromEntries(
      signed.filter((name) => name !== 'host' && name !== 'x-amz-date').map((name) => [name, String(headers[name])]),
    );
    const signer = new AwsV4Signer({
      method: method!,
      url: url.href,
      headers: given,
      accessKeyId,
      secretAccessKey,
      service: 's3',
      region: 'us-east-1',
      datetime: String(headers['x-amz-date']),
    });
    return headers.authorization === (await signer.sign()).headers.get('authorization');
  }
}

export function refuse(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status;
  response.end(`<Error><Code>${code}</Code><Message>${accessKeyId} ${secretAccessKey}</Message></Error>`);
}
