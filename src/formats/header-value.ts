/** Whether a text can be a key in an HTTP header: visible ASCII without spaces, one character at least. */
export function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
