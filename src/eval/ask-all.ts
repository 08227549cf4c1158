import { EnvironmentError } from '../diagnostics/errors.js';
import type { Digest } from '../formats/digest.js';
import { OnlyOddAnswersError, ServerRefusedError, ServerUnreachableError } from './chat-server.js';
import type { JudgeItem } from './judge.js';
import type { KeptAnswer } from './verdict-cache.js';

interface Asker {
  /** Requests under way at once. */
  readonly concurrency: number;
  ask(item: JudgeItem, attempts?: number): Promise<KeptAnswer>;
  /** An answer that somebody else got and kept meanwhile. */
  kept(key: Digest): Promise<KeptAnswer | undefined>;
  keep(key: Digest, answer: KeptAnswer): Promise<void>;
}

/** A question that got no answer. */
interface SetAside {
  readonly key: Digest;
  readonly item: JudgeItem;
  readonly error: ServerRefusedError | ServerUnreachableError;
}

/** So many in a row without an answer, before the server ever gave one, and after: it is the server and not the questions. */
const silentFromTheStart = 3;
const silentLater = 10;

/** Statuses that are about one request: its content, its length, a filter that a proxy has. */
const aboutOneRequest: readonly number[] = [400, 403, 413, 422, 451];

/**
 * Asks every question that has no answer yet. One that the server refuses, or never answers, is set aside while the others
 * are asked. In the end, if the server is well (it has just answered something else, or answers again what it answered
 * before), questions that it was silent on are asked once more, and one without an answer counts as answered by that fact:
 * no later run pays for it again.
 *
 * After a failure nothing new is asked, but what is under way is waited for: its answers are paid for. The error says how
 * many could not be kept.
 *
 * @param answers Those that there are; `keep` adds to them.
 * @throws the error of the first question without an answer when the server is not well; what `ask` and `keep` throw
 * besides.
 */
export async function askAll(
  questions: ReadonlyMap<Digest, JudgeItem>,
  answers: ReadonlyMap<Digest, KeptAnswer>,
  { concurrency, ask, kept, keep }: Asker,
): Promise<void> {
  const open = [...questions].filter(([key]) => !answers.has(key));
  const asides: SetAside[] = [];
  let failure: unknown;
  let answered = 0;
  let inARow = 0;
  const losses: unknown[] = [];

  const next = open[Symbol.iterator]();
  const worker = async () => {
    for (const [key, item] of next) {
      if (failure !== undefined) return;
      try {
        const answer = await kept(key);
        if (answer !== undefined) {
          await keep(key, answer);
          continue;
        }
        const given = await ask(item);
        answered++;
        inARow = 0;
        await keep(key, given).catch((error) => {
          losses.push(error);
          throw error;
        });
      } catch (error) {
        if (!isAboutOneRequest(error)) {
          failure ??= error;
          return;
        }
        asides.push({ key, item, error });
        inARow++;
        if (inARow >= (answered === 0 ? silentFromTheStart : Math.max(silentLater, 2 * concurrency))) {
          failure ??= asides[0]!.error;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, open.length) }, worker));
  if (losses.length > 0) throw notKept(losses.length, losses[0]);
  if (failure !== undefined) throw failure;
  if (asides.length === 0) return;

  if (inARow > 0) {
    const control = [...answers.keys()].find((key) => answers.get(key)!.text !== null);
    if (control === undefined) throw asides[0]!.error;
    await ask(questions.get(control)!);
  }
  for (const { key, item, error } of asides) {
    const final = error instanceof ServerRefusedError || error instanceof OnlyOddAnswersError;
    await keep(key, final ? noAnswer(error) : await askOnceMore(item, ask));
  }
}

/** Answers that are paid for and gone: whoever asks again pays again, and must know. */
function notKept(lost: number, cause: unknown): unknown {
  if (!(cause instanceof EnvironmentError)) return cause;
  const answers = lost === 1 ? 'One answer of the judge that is paid for is' : `${lost} answers of the judge that are paid for are`; // biome-ignore format: one line
  const hint = cause.hint === undefined ? {} : { hint: cause.hint };
  return new EnvironmentError(`${answers} lost: ${cause.message}`, { ...hint, cause });
}

async function askOnceMore(item: JudgeItem, ask: Asker['ask']): Promise<KeptAnswer> {
  try {
    return await ask(item, 1);
  } catch (error) {
    if (!isAboutOneRequest(error)) throw error;
    return noAnswer(error);
  }
}

function noAnswer({ message }: Error): KeptAnswer {
  return { text: null, reason: `no answer: ${message}` };
}

function isAboutOneRequest(error: unknown): error is ServerRefusedError | ServerUnreachableError {
  if (error instanceof ServerUnreachableError) return true;
  return error instanceof ServerRefusedError && aboutOneRequest.includes(error.status);
}
