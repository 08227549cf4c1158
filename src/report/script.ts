import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface PageScript {
  /** What stands between `<script type="module">` and `</script>`. */
  readonly text: string;
  /** What the page's policy allows: this text and no other. */
  readonly source: string;
}

/** The script of the page, as the build compiled it. */
export function pageScript(): PageScript {
  const compiled = readFileSync(new URL('./browser/script.js', import.meta.url), 'utf8');
  const text = `\n${compiled.replace(/^\/\/# sourceMappingURL=.*$/m, '').trim()}\n`;
  return { text, source: `'sha256-${createHash('sha256').update(text).digest('base64')}'` };
}
