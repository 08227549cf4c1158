import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  readonly bytes: Buffer;
  /** Large files are announced by sha256 and served by another host, as the hub does. */
  readonly large?: boolean;
  /** Size that is announced, of a file of which nobody asks for more than the first `bytes`. Default: that of `bytes`. */
  readonly size?: number;
}

export interface ServedRepository {
  readonly revisions: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, ServedFile>>;
}

/** Answers a request itself, or leaves it to the server by returning false. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, count: number) => unknown;

/** Imitates the parts of the hub's HTTP interface that downloads use, on the loopback interface, and what goes wrong there. */
export class HubServer {
  readonly repositories = new Map<string, ServedRepository>();
  /** `GET /path` of every request, in order; those to the host of large files begin with `cdn`. */
  readonly requests: string[] = [];
  /** Bytes of files that were sent. */
  sent = 0;
  readonly authorizations: { readonly cdn: boolean; readonly value: string | undefined }[] = [];
  /** Refuses whoever has no such token. */
  token: string | undefined;
  misbehave: Misbehaviour | undefined;
  readonly #main: Server;
  readonly #cdn: Server;
  #count = 0;

  private constructor() {
    this.#main = createServer((request, response) => this.#answer(request, response, false));
    this.#cdn = createServer((request, response) => this.#answer(request, response, true));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const part of [server.#main, server.#cdn]) {
      await new Promise<void>((resolve) => part.listen(0, '127.0.0.1', resolve));
    }
    return server;
  }

  async stop(): Promise<void> {
    for (const part of [this.#main, this.#cdn]) {
      part.closeAllConnections();
      await new Promise((resolve) => part.close(resolve));
    }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#main.address() as AddressInfo).port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse, cdn: boolean): void {
    const url = new URL(request.url ?? '/', this.endpoint);
    this.requests.push(`${cdn ? 'cdn ' : ''}${url.pathname}`);
    this.authorizations.push({ cdn, value: request.headers.authorization });
    if (this.misbehave !== undefined && this.misbehave(request, response, this.#count++) !== false) return;
    if (!cdn && this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      refuse(response, 401, 'GatedRepo');
      return;
    }
    const found = /^\/api\/(models|datasets)\/(.+?)\/(revision|tree)\/([^/]+)(?:\/(.+))?$/.exec(url.pathname);
    if (found !== null) this.#api(response, found as unknown as string[]);
    else this.#resolve(request, response, url, cdn);
  }

  #api(response: ServerResponse, [, kind, repo, verb, encoded, folder]: readonly (string | undefined)[]): unknown {
    const repository = this.repositories.get(kind === 'models' ? repo! : `datasets/${repo}`);
    if (repository === undefined) return refuse(response, 404, 'RepoNotFound');
    const revision = decodeURIComponent(encoded!);
    const commit = repository.revisions[revision] ?? Object.values(repository.revisions).find((id) => id === revision);
    if (commit === undefined) return refuse(response, 404, 'RevisionNotFound');
    if (verb === 'revision')
      return json(response, { _id: '1', id: repo, sha: commit, private: false, lastModified: 0 });
    const prefix = folder === undefined ? '' : `${folder}/`;
    const below = Object.entries(repository.files).filter(([path]) => path.startsWith(prefix));
    if (below.length === 0) return refuse(response, 404, 'EntryNotFound');
    const folders = new Set<string>();
    const entries = below.flatMap(([path, file]) => {
      const [first, ...rest] = path.slice(prefix.length).split('/');
      if (rest.length > 0) folders.add(prefix + first);
      return rest.length > 0 ? [] : [entryOf(path, file)];
    });
    const directories = [...folders].map((path) => ({ type: 'directory', oid: '0'.repeat(40), size: 0, path }));
    return json(response, [...directories, ...entries]);
  }

  #resolve(request: IncomingMessage, response: ServerResponse, url: URL, cdn: boolean): unknown {
    const found = /^\/(.+)\/resolve\/([0-9a-f]{40})\/(.+)$/.exec(url.pathname);
    const file = this.repositories.get(found?.[1] ?? '')?.files[decodeURIComponent(found?.[3] ?? '')];
    if (file === undefined) return refuse(response, 404, 'EntryNotFound');
    if (file.large && !cdn) {
      const port = (this.#cdn.address() as AddressInfo).port;
      response.writeHead(302, { location: `http://127.0.0.1:${port}${url.pathname}?signature=secret` }).end();
      return undefined;
    }
    this.sent += sendFile(request, response, file.bytes, file.size);
    return undefined;
  }
}

export function entryOf(path: string, { bytes, large, size = bytes.length }: ServedFile): Record<string, unknown> {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const lfs = { oid: sha256, size, pointerSize: 130 };
  return { type: 'file', oid, size, path, ...(large && { lfs }) };
}

/** @returns how many bytes it sends */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  size = bytes.length,
): number {
  const [, first, last] = /^bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    return bytes.length;
  }
  const start = Number(first);
  if (start >= bytes.length) {
    response.writeHead(416).end();
    return 0;
  }
  const end = last === undefined || last === '' ? bytes.length : Math.min(bytes.length, Number(last) + 1);
  const range = `bytes ${start}-${end - 1}/${size}`;
  response.writeHead(206, { 'content-length': end - start, 'content-range': range }).end(bytes.subarray(start, end));
  return end - start;
}

export function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export function refuse(response: ServerResponse, status: number, code?: string): void {
  const headers = { 'content-type': 'application/json', ...(code && { 'x-error-code': code }) };
  response.writeHead(status, headers).end(JSON.stringify({ error: 'refused by the test server' }));
}
