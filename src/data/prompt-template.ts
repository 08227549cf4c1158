import { DataError } from '../diagnostics/errors.js';
import type { CustomTemplate, PromptTemplate } from '../formats/dataset-choices.js';
import type { ChatFormat } from './chat-format.js';

/** Stanford Alpaca's template for instructions without input; the response follows the colon without a space. */
const alpaca: CustomTemplate = {
  prompt:
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
    '### Instruction:\n{prompt}\n\n### Response:',
  response: '{response}',
};

const raw: CustomTemplate = { prompt: '{prompt}', response: '{response}' };

export interface TemplatedText {
  /** What a model is given. */
  readonly prompt: string;
  /** Prompt and response: `prompt` is its beginning, to the letter. */
  readonly full: string;
  /** True when the template writes its own beginning and end of sequence. */
  readonly complete: boolean;
}

/**
 * The text of a prompt and, when there is one, of its response.
 * @throws DataError when the chat template is missing, fails, or does not keep the prompt as the beginning of the whole.
 */
export function applyTemplate(
  template: PromptTemplate,
  prompt: string,
  response: string | undefined,
  chat: ChatFormat | undefined,
): TemplatedText {
  if (template === 'chat') return applyChat(prompt, response, chat);
  const { prompt: before, response: after } = template === 'alpaca' ? alpaca : template === 'raw' ? raw : template;
  const text = before.replace('{prompt}', () => prompt);
  return {
    prompt: text,
    full: response === undefined ? text : text + after.replace('{response}', () => response),
    complete: false,
  };
}

function applyChat(prompt: string, response: string | undefined, chat: ChatFormat | undefined): TemplatedText {
  if (chat === undefined) {
    throw new DataError('The tokenizer has no chat template', {
      hint: 'Use `template: alpaca`, `raw`, or one of your own. Templates in additional_chat_templates/ are not read: copy the one to use to chat_template.jinja.',
    });
  }
  const user = { role: 'user', content: prompt };
  const asked = chat.render([user], true);
  if (response === undefined) return { prompt: asked, full: asked, complete: true };
  const full = chat.render([user, { role: 'assistant', content: response }], false);
  if (!full.startsWith(asked)) {
    throw new DataError(
      'The chat template changes the prompt when a response follows, so the response cannot be told from it',
      {
        hint: 'Use `template: alpaca`, `raw`, or one of your own.',
      },
    );
  }
  return { prompt: asked, full, complete: true };
}
