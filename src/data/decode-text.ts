import { DataError } from '../diagnostics/errors.js';

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/**
 * The text of a file: UTF-8, or UTF-16 that begins with its byte order mark. The mark is no part of it.
 * @throws DataError naming the line and the byte that is of neither, as Latin-1 has them.
 */
export async function* decodeText(parts: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  let encoding: Encoding | undefined;
  let waiting: Uint8Array = new Uint8Array();
  let before = 0;
  let lines = 1;

  function decode(bytes: Uint8Array): string {
    let text: string;
    try {
      text = new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      const valid = validPrefix(bytes, encoding!);
      const line = lines + lineEnds(decodeLoosely(bytes.subarray(0, valid), encoding!));
      const byte = `byte ${before + valid + 1}, 0x${bytes[valid]?.toString(16).padStart(2, '0') ?? ''}`;
      throw new DataError(`${name}:${line}: not ${encoding!.toUpperCase()} text (${byte})`, {
        cause,
        hint: 'Convert the file to UTF-8, for example: iconv -f LATIN1 -t UTF-8 OLD > NEW',
      });
    }
    const zero = text.indexOf('\0');
    if (zero >= 0) {
      throw new DataError(`${name}:${lines + lineEnds(text.slice(0, zero))}: a zero byte, which no text has`, {
        hint: 'If it is UTF-16 or UTF-32, convert it to UTF-8; else the file is damaged: download it again.',
      });
    }
    before += bytes.length;
    lines += lineEnds(text);
    return text;
  }

  for await (const part of parts) {
    let bytes = waiting.length === 0 ? part : Buffer.concat([waiting, part]);
    if (encoding === undefined) {
      if (bytes.length < 3) {
        waiting = bytes;
        continue;
      }
      const mark = byteOrderMark(bytes);
      encoding = mark.encoding;
      before = mark.bytes;
      bytes = bytes.subarray(mark.bytes);
    }
    const whole = bytes.length - unfinished(bytes, encoding);
    waiting = bytes.slice(whole);
    if (whole > 0) yield decode(bytes.subarray(0, whole));
  }
  if (encoding === undefined) {
    const mark = byteOrderMark(waiting);
    encoding = mark.encoding;
    before = mark.bytes;
    waiting = waiting.subarray(mark.bytes);
  }
  if (waiting.length > 0) yield decode(waiting);
}

function byteOrderMark(bytes: Uint8Array): { readonly encoding: Encoding; readonly bytes: number } {
  const starts = (...mark: number[]) => mark.every((byte, index) => bytes[index] === byte);
  if (starts(0xef, 0xbb, 0xbf)) return { encoding: 'utf-8', bytes: 3 };
  if (starts(0xff, 0xfe)) return { encoding: 'utf-16le', bytes: 2 };
  if (starts(0xfe, 0xff)) return { encoding: 'utf-16be', bytes: 2 };
  return { encoding: 'utf-8', bytes: 0 };
}

/** How many bytes at the end begin a character that the next part may finish. */
function unfinished(bytes: Uint8Array, encoding: Encoding): number {
  if (encoding === 'utf-8') {
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back]!;
      if (byte < 0x80) return 0;
      if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
    }
    return 0;
  }
  const odd = bytes.length % 2;
  const high = bytes[bytes.length - odd - (encoding === 'utf-16le' ? 1 : 2)] ?? 0;
  return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
}

/** Length of the longest beginning that is text of the encoding. */
function validPrefix(bytes: Uint8Array, encoding: Encoding): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  return low - unfinished(bytes.subarray(0, low), encoding);
}

function decodeLoosely(bytes: Uint8Array, encoding: Encoding): string {
  return new TextDecoder(encoding).decode(bytes);
}

function lineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
