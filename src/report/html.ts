/** Markup that is safe to put in a page. Only `html` and `trustedMarkup` make it. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/**
 * Template of markup. Every inserted text is escaped, for element content and for quoted attributes alike; names and
 * titles come from workflow files and checkpoints, which are not trusted. null, undefined and false insert nothing.
 */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = literals[0]!;
  values.forEach((value, index) => {
    markup += markupOf(value) + literals[index + 1]!;
  });
  return new Html(markup);
}

/** Markup that runflow itself made: a style sheet, a figure whose texts the DOM has escaped. */
export function trustedMarkup(markup: string): Html {
  return new Html(markup);
}

function markupOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map(markupOf).join('');
  return escapeText(String(value));
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character]!);
}
