import { DataError } from '../diagnostics/errors.js';
import { type ParsedTemplate, parseTemplate } from './jinja/parse.js';
import { renderTemplate } from './jinja/render.js';
import type { SpecialTokens } from './tokenizer-config.js';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** A tokenizer's own chat template. */
export interface ChatFormat {
  /** @throws DataError when the template fails, or does what runflow's Jinja does not do exactly as Python's. */
  render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string;
  /** What the template writes behind an assistant's message, up to the end of the text. */
  turnEnd(): string;
}

/** Llama 3.2's template writes today's date where it is given none. This is the date that it falls back to by itself. */
const fixedDate = '26 Jul 2024';

/** What stands for an assistant's message when one asks what follows it. */
const probe = 'runflow-asks-what-follows';

/** @param special bos_token, eos_token …: templates use them by these names, as transformers gives them */
export function chatFormat(text: string, special: SpecialTokens): ChatFormat {
  let template: ParsedTemplate | undefined;
  let ending: string | undefined;
  const render: ChatFormat['render'] = (messages, addGenerationPrompt) => {
    try {
      template ??= parseTemplate(text);
      return renderTemplate(template, {
        ...special,
        messages,
        tools: null,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
        date_string: fixedDate,
      });
    } catch (cause) {
      const { message: said, hint } = cause as Error & { hint?: string };
      const message = cause instanceof RangeError ? 'it is nested too deeply, or calls itself without end' : said;
      throw new DataError(`The chat template cannot be applied: ${message}`, { cause, ...(hint && { hint }) });
    }
  };
  return {
    render,
    turnEnd() {
      if (ending !== undefined) return ending;
      const asked = { role: 'user', content: 'x' };
      const whole = render([asked, { role: 'assistant', content: probe }], false);
      const at = whole.lastIndexOf(probe);
      ending = at < 0 ? '' : whole.slice(at + probe.length);
      return ending;
    },
  };
}
