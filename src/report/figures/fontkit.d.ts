/** What is used of fontkit, which comes without types, and where it is not installed. */
declare module 'fontkit' {
  export function create(font: Uint8Array): { hasGlyphForCodePoint(codePoint: number): boolean };
}
