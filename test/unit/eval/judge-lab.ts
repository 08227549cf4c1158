import * as assert from 'uvu/assert';
import { RunflowError } from '../../../src/diagnostics/errors.js';
import type { Budget } from '../../../src/eval/budget.js';
import type { ChatPatience } from '../../../src/eval/chat-server.js';
import type { JudgeItem } from '../../../src/eval/judge.js';
import { ServerJudge } from '../../../src/eval/openai-judge.js';
import type { KeptAnswer, VerdictCache } from '../../../src/eval/verdict-cache.js';
import type { Digest } from '../../../src/formats/digest.js';
import type { RubricChoice } from '../../../src/formats/response-choices.js';
import { ChatStandIn } from './chat-stand-in.js';

/** What tests of the judge behind a server share: the stand-in, items, and answers that tell them apart. */

export const key = 'sk-secret/0123456789';
export const patience: ChatPatience = {
  attempts: 3,
  timeoutMilliseconds: 800,
  delayMilliseconds: 5,
  maximumDelayMilliseconds: 60,
  maximumAnswerBytes: 10_000,
};

export class MemoryCache implements VerdictCache {
  readonly verdicts = new Map<Digest, KeptAnswer>();
  async get(digest: Digest): Promise<KeptAnswer | undefined> {
    return this.verdicts.get(digest);
  }
  async put(digest: Digest, answer: KeptAnswer): Promise<void> {
    this.verdicts.set(digest, answer);
  }
}

export interface Options {
  readonly rubric?: RubricChoice;
  readonly concurrency?: number;
  readonly budget?: Budget;
  readonly patience?: Partial<ChatPatience>;
  readonly model?: string;
}

export async function withServer(
  work: (server: ChatStandIn, judge: (options?: Options) => ServerJudge, url: string) => Promise<void>,
): Promise<void> {
  const server = new ChatStandIn();
  try {
    const url = await server.url();
    const judge = ({ rubric = 'policy', concurrency = 4, budget, model = 'judge-1', patience: own }: Options = {}) =>
      new ServerJudge(
        { model, url, rubric, maxTokens: 64, seed: 3 },
        { key: () => key, concurrency, patience: { ...patience, ...own }, ...(budget && { budget }) },
      );
    await work(server, judge, url);
  } finally {
    await server.stop();
  }
}

export const items = (count: number): JudgeItem[] =>
  Array.from({ length: count }, (_, index) => ({ prompt: `prompt ${index}`, response: `response ${index}` }));

/** The score that item `index` is worth, so that no verdict can take another's place. */
export const worth = (index: number) => ((index * 7) % 5) + 1;
export const byItem = (server: ChatStandIn) => {
  server.answer = ({ body }) => {
    const index = Number(/Response: response (\d+)/.exec(body.messages[0]!.content)![1]);
    return `#thescore: ${worth(index)}`;
  };
};

export async function failure(promise: Promise<unknown>): Promise<RunflowError> {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, RunflowError);
    return error as RunflowError;
  }
  throw new Error('expected an error');
}

export const allOf = (error: Error & { hint?: string | undefined }): string =>
  JSON.stringify([error.message, error.hint, error.stack, String(error.cause)]);
