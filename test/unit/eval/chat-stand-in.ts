import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly temperature: number;
    readonly max_tokens: number;
    readonly seed: number;
  };
}

/** Answers the n-th request (from 0) itself, or leaves it to the server by returning false. */
export type Misbehaviour = (response: ServerResponse, count: number, asked: Asked, request: IncomingMessage) => unknown;

/** A server with OpenAI's chat completions on the loopback interface, and what goes wrong with such servers. */
export class ChatStandIn {
  readonly asked: Asked[] = [];
  misbehave: Misbehaviour | undefined;
  /** What it says to a question; by default that the response complies a little. */
  answer: (asked: Asked) => string = () => '#thereason: so\n#thescore: 2';
  underWay = 0;
  mostUnderWay = 0;
  readonly #server: Server;
  readonly #port: Promise<number>;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#port = new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  async url(): Promise<string> {
    return `http://127.0.0.1:${await this.#port}/v1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Asked['body'];
    const asked = { url: request.url, authorization: request.headers.authorization, body };
    const count = this.asked.push(asked) - 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    response.on('close', () => this.underWay--);
    if (this.misbehave !== undefined && this.misbehave(response, count, asked, request) !== false) return;
    json(response, completion(this.answer(asked)));
  }
}

export function completion(content: string | null, more: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...more }],
    usage: { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100 },
  };
}

export function json(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
