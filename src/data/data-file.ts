/** A data file to read: its name decides the format, `read` hands out byte ranges. */
export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

const partBytes = 1 << 20;

/** The file's bytes from `offset` on, in parts, so that memory does not follow its size. */
export async function* readParts(file: DataFile, offset = 0): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = offset; at < file.bytes; at += partBytes) {
    yield await file.read(at, Math.min(partBytes, file.bytes - at));
  }
}
