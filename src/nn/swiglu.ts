import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { elementwiseGrid, wholeVectors } from './kernel-shape.js';

/** h = silu(gate) ⊙ up; gateUp [rows, 2·mlp], gate then up, h [rows, mlp]. */
export function swiglu(gpu: Gpu, rows: number, mlp: number, gateUp: DeviceBuffer, h: DeviceBuffer): void {
  const aligned = wholeVectors(mlp);
  gpu.dispatch({
    kernel: 'swiglu',
    text: { gate_up: readAccess('gate_up', 0, 'F32', aligned), h: writeAccess('h', 1, aligned) },
    bindings: [gateUp, h],
    uniforms: [rows, mlp],
    workgroups: elementwiseGrid(gpu, rows, mlp),
  });
}

/** Writes the gradient of gateUp over it; dh [rows, mlp]. */
export function swigluBackward(gpu: Gpu, rows: number, mlp: number, dh: DeviceBuffer, gateUp: DeviceBuffer): void {
  const aligned = wholeVectors(mlp);
  gpu.dispatch({
    kernel: 'swiglu-backward',
    text: { dh: readAccess('dh', 0, 'F32', aligned), gate_up: writeAccess('gate_up', 1, aligned) },
    bindings: [dh, gateUp],
    uniforms: [rows, mlp],
    workgroups: elementwiseGrid(gpu, rows, mlp),
  });
}
