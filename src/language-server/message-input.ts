import { Transform, type TransformCallback } from 'node:stream';
import { formatBytes } from '../formats/byte-size.js';

/** More of one message is not read: no workflow is so large. */
const mostBytes = 64 << 20;
/** More before a message is no header. */
const mostHeaderBytes = 8 << 10;
const headerEnd = Buffer.from('\r\n\r\n');

/**
 * Passes on messages of the Language Server Protocol that may be read. One that is too large is left out; after something that is no
 * message nothing more is passed on, for it cannot be told where the next one begins.
 */
export class MessageInput extends Transform {
  /** Messages that were passed on whole. */
  passed = 0;
  readonly #refuse: (why: string) => void;
  #header = Buffer.alloc(0);
  /** Bytes of the message that are still to come. */
  #left = 0;
  #skips = false;
  #isBroken = false;

  /** @param refuse is told why a message is not passed on */
  constructor(refuse: (why: string) => void) {
    // Whoever reads takes a close for the end of the connection, also of what is still to be answered.
    super({ autoDestroy: false, emitClose: false });
    this.#refuse = refuse;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#isBroken) rest = this.#left > 0 ? this.#body(rest) : this.#begin(rest);
    done();
  }

  /** @returns what follows the part of the message */
  #body(bytes: Buffer): Buffer {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    if (!this.#skips) {
      this.push(part);
      if (this.#left === 0) this.passed++;
    }
    return bytes.subarray(part.length);
  }

  /** @returns what follows the header; nothing as long as that is not whole */
  #begin(bytes: Buffer): Buffer {
    this.#header = Buffer.concat([this.#header, bytes]);
    const end = this.#header.indexOf(headerEnd);
    if (end < 0 ? this.#header.length > mostHeaderBytes : end > mostHeaderBytes) return this.#break('no header');
    if (end < 0) return Buffer.alloc(0);
    const header = this.#header.subarray(0, end + headerEnd.length);
    const rest = this.#header.subarray(header.length);
    this.#header = Buffer.alloc(0);
    const length = /^Content-Length: *(\d+) *\r$/im.exec(header.toString('latin1'))?.[1];
    if (length === undefined || Number(length) === 0) return this.#break('a header without a Content-Length');
    this.#left = Number(length);
    this.#skips = this.#left > mostBytes;
    if (!this.#skips) this.push(header);
    else this.#refuse(`a message of ${length} bytes is too large: at most ${formatBytes(mostBytes)} are read`);
    return rest;
  }

  #break(what: string): Buffer {
    this.#isBroken = true;
    this.#refuse(`what came is no message of the protocol but ${what}: nothing that follows is read`);
    this.push(null);
    return Buffer.alloc(0);
  }
}
