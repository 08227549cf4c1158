import type { DeviceBuffer, Gpu } from '../../gpu/gpu.js';
import type { Matrix, RowEnergies } from '../arithmetic.js';
import { elementwise, rowsPerBinding, rowWindow } from './elementwise.js';

/** Columns whose squares kernels/row-energies sums into one number. */
const partColumns = 64;
const floatBytes = 4;

/** Row energies as partial sums on the device, put together in f64 on the host. */
export class DeviceRowEnergies implements RowEnergies {
  readonly #gpu: Gpu;
  #pending: { readonly partial: ReturnType<Gpu['allocate']>; readonly rows: number; readonly parts: number }[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  add({ buffer, rows, columns }: Matrix & { readonly buffer: DeviceBuffer }): void {
    const parts = Math.ceil(columns / partColumns);
    const partial = this.#gpu.allocate(rows * parts * floatBytes, 'row energies');
    this.#pending.push({ partial, rows, parts });
    const most = rowsPerBinding(this.#gpu, columns);
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      const { uniforms, workgroups } = elementwise(count * parts);
      const bindings = [rowWindow(buffer, columns, first, count), rowWindow(partial, parts, first, count)];
      this.#gpu.dispatch({ kernel: 'row-energies', bindings, uniforms: [...uniforms, columns, parts], workgroups });
    }
  }

  async read(): Promise<Float64Array[]> {
    const pending = this.#pending;
    this.#pending = [];
    const total = pending.reduce((sum, { rows, parts }) => sum + rows * parts, 0);
    const all = this.#gpu.allocate(total * floatBytes, 'all row energies');
    let offset = 0;
    for (const { partial, rows, parts } of pending) {
      this.#gpu.copy(partial, all, rows * parts * floatBytes, 0, offset);
      offset += rows * parts * floatBytes;
      this.#gpu.release(partial);
    }
    const sums = new Float32Array(await this.#gpu.read(all));
    this.#gpu.release(all);
    let at = 0;
    return pending.map(({ rows, parts }) =>
      Float64Array.from({ length: rows }, () => {
        let sum = 0;
        for (let part = 0; part < parts; part++) sum += sums[at++]!;
        return sum;
      }),
    );
  }
}
