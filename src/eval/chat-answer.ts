import { PassingFault } from '../diagnostics/passing-fault.js';

/** What a server said to a question. */
export interface ChatAnswer {
  /** null when it holds no text: filtered, refused, cut before its first word; `reason` then says so. */
  readonly text: string | null;
  /** The server's `finish_reason`, with a word more where there is no text. */
  readonly reason: string;
  /** Tokens of question and answer, where the server tells. */
  readonly tokens: number | undefined;
}

/** A completion that says nothing and does not say why. It is asked for again, but was most likely paid for. */
export class OddAnswer extends PassingFault {
  readonly tokens: number | undefined;
  constructor(what: string, tokens: number | undefined) {
    super(what);
    this.tokens = tokens;
  }
}

type Loose = { readonly [key: string]: unknown } | null | undefined;

/**
 * Reads a completion. What the model thought (`reasoning_content`, parts of type `thinking`) is no part of its answer.
 * @throws OddAnswer for a completion without an answer; PassingFault when it is none: a proxy's page, a cut answer,
 * something else's JSON.
 */
export function answerOf(text: string): ChatAnswer {
  let body: Loose;
  try {
    body = JSON.parse(text) as Loose;
  } catch {
    throw new PassingFault(`an answer that is not JSON: ${excerpt(text)}`);
  }
  if (!Array.isArray(body?.choices)) throw new PassingFault(`an answer without a choice: ${excerpt(text)}`);
  const spent = (body.usage as Loose)?.total_tokens;
  const tokens = typeof spent === 'number' && Number.isFinite(spent) && spent >= 0 ? spent : undefined;
  const choice = body.choices[0] as Loose;
  const message = choice?.message as Loose;
  if (typeof message !== 'object' || message === null) {
    throw new OddAnswer(`a completion without a message: ${excerpt(text)}`, tokens);
  }
  const reason = typeof choice?.finish_reason === 'string' ? choice.finish_reason : 'unknown';
  const content = contentOf(message.content);
  if (content.text.trim() !== '') return { text: content.text, reason, tokens };
  const refusal = typeof message.refusal === 'string' && message.refusal !== '' ? message.refusal : content.refusal;
  if (refusal !== undefined) return { text: null, reason: `refusal: ${refusal}`, tokens };
  if (calls(message)) return { text: null, reason: 'tool_calls: the model calls a tool and says nothing', tokens };
  if (reason === 'length') return { text: null, reason: 'length: max-tokens ended before the answer began', tokens };
  if (thoughts(message)) return { text: null, reason: `${reason}: thoughts and no answer`, tokens };
  if (reason === 'content_filter') return { text: null, reason, tokens };
  throw new OddAnswer(`a message without content (${reason}): ${excerpt(text)}`, tokens);
}

/** A text, or parts of which some are text. */
function contentOf(content: unknown): { readonly text: string; readonly refusal?: string } {
  if (typeof content === 'string') return { text: content };
  if (!Array.isArray(content)) return { text: '' };
  const parts = content.map((part): Loose => (typeof part === 'string' ? { type: 'text', text: part } : part));
  const text = parts.flatMap((part) => (part?.type === 'text' || part?.type === 'output_text' ? [part.text] : []));
  const refusal = parts.find((part) => typeof part?.refusal === 'string')?.refusal as string | undefined;
  return { text: text.filter((one) => typeof one === 'string').join(''), ...(refusal !== undefined && { refusal }) };
}

function calls(message: NonNullable<Loose>): boolean {
  return (Array.isArray(message.tool_calls) && message.tool_calls.length > 0) || message.function_call != null;
}

function thoughts(message: NonNullable<Loose>): boolean {
  return [message.reasoning_content, message.reasoning].some((text) => typeof text === 'string' && text.trim() !== '');
}

export interface ServerError {
  readonly code: unknown;
  /** The name of the parameter that is at fault, where the server tells. */
  readonly param: unknown;
  readonly message: string;
}

/** OpenAI's `{"error": {"code", "param", "message"}}`, which some servers send with status 200; undefined for anything else. */
export function errorIn(text: string): ServerError | undefined {
  try {
    const body = JSON.parse(text) as Loose;
    const error = body?.error as Loose | string;
    if (Array.isArray(body?.choices)) return undefined;
    if (typeof error === 'string') return { code: undefined, param: undefined, message: excerpt(error) };
    if (typeof error?.message !== 'string') return undefined;
    return { code: wordOf(error.code), param: wordOf(error.param), message: excerpt(error.message) };
  } catch {
    // A proxy's page, most likely.
    return undefined;
  }
}

/** What is no word or number says nothing, and may be nested deeper than it can be printed. */
function wordOf(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

/** The beginning of a text, on one line. */
export function excerpt(text: string): string {
  const line = text.slice(0, 4000).replace(/\s+/g, ' ').trim();
  return line.length <= 200 ? line : `${line.slice(0, 200)}…`;
}
