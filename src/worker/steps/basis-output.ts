import type { RowSink } from '../../linalg/orthonormalise.js';
import type { ArtifactWriter, StepContext } from '../step-context.js';

/** Writes an F32 matrix [rows, columns] to an output as its rows arrive. */
export class BasisOutput implements RowSink {
  readonly #open: () => Promise<ArtifactWriter>;
  #writer: ArtifactWriter | undefined;

  constructor(context: StepContext, output: string, rows: number, columns: number) {
    this.#open = () => context.writer(output, { dtype: 'F32', shape: [rows, columns] });
  }

  async append(rows: Float32Array): Promise<void> {
    this.#writer ??= await this.#open();
    await this.#writer.append(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  }

  async restart(): Promise<void> {
    await this.abort();
  }

  /** Records the output. */
  async close(): Promise<void> {
    await this.#writer?.close();
    this.#writer = undefined;
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
    this.#writer = undefined;
  }
}
