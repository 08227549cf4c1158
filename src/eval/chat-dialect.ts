import type { ChatMessage } from '../data/chat-format.js';
import type { ServerError } from './chat-answer.js';

/** What is asked of a server that speaks OpenAI's chat completions, and with what. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  /** `default`: the model's own. Absent: 0 where the model takes a temperature, else its own. */
  readonly temperature?: number | 'default';
  readonly seed: number;
}

/** The parameters that a model takes of those that OpenAI's models differ in. */
export interface Dialect {
  /** Two names of one thing: reasoning models take the second only, most other servers the first only. */
  readonly limit: 'max_tokens' | 'max_completion_tokens';
  readonly temperature: boolean;
  readonly seed: boolean;
}

export const usualDialect: Dialect = { limit: 'max_tokens', temperature: true, seed: true };

export function bodyOf({ model, messages, maxTokens, temperature = 0, seed }: ChatRequest, dialect: Dialect): object {
  return {
    model,
    messages,
    ...(dialect.temperature && temperature !== 'default' ? { temperature } : {}),
    [dialect.limit]: maxTokens,
    ...(dialect.seed ? { seed } : {}),
  };
}

const notTaken =
  /unsupported|not supported|does(?: not|n't) support|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|extra (?:inputs|fields)/i;
const parameterName = /\b(max_tokens|max_completion_tokens|temperature|seed)\b/;

/**
 * The dialect of a model that does not take a parameter of this one, by the server's answer (status 400 or 422);
 * undefined when something else is wrong, or when the parameter was asked for.
 *
 * A verdict's key holds the url and the model, and these decide what comes of it: a model that takes no temperature has
 * one temperature, whatever the request says.
 */
export function dialectAfter(error: ServerError, used: Dialect, request: ChatRequest): Dialect | undefined {
  const { code, param, message } = error;
  if (!notTaken.test(`${typeof code === 'string' ? code.replaceAll('_', ' ') : ''} ${message}`)) return undefined;
  const named = typeof param === 'string' && parameterName.test(param) ? param : message;
  switch (parameterName.exec(named)?.[1]) {
    case 'max_tokens':
      return used.limit === 'max_tokens' ? { ...used, limit: 'max_completion_tokens' } : undefined;
    case 'temperature':
      return used.temperature && request.temperature === undefined ? { ...used, temperature: false } : undefined;
    case 'seed':
      return used.seed ? { ...used, seed: false } : undefined;
    default:
      return undefined;
  }
}

/** What differs from the usual, for the log; empty when nothing does that matters to a reader. */
export function dialectText(model: string, { temperature, seed }: Dialect): string {
  const without = [...(temperature ? [] : ['a temperature']), ...(seed ? [] : ['a seed'])];
  return without.length === 0 ? '' : `${model} is asked without ${without.join(' and ')}: it takes none`;
}
