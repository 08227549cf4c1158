import type { Activation } from '../formats/families/family.js';
import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import { elementwiseGrid, wholeVectors } from './kernel-shape.js';

/**
 * WGSL of gates that are x·σ(inner(x)), and the slope of inner. The tanh of GELU's approximation (Hendrycks and Gimpel, arXiv
 * 1606.08415) is 2σ(2z) − 1: x/2·(1 + tanh z) = x·σ(2z) with z = √(2/π)·(x + 0.044715·x³).
 */
const gates: Readonly<Record<Activation, string>> = {
  silu: `fn inner(x : vec4f) -> vec4f { return x; }
fn slope(x : vec4f) -> vec4f { return vec4f(1.0); }`,
  gelu_pytorch_tanh: `const factor = ${Math.fround(2 * Math.sqrt(2 / Math.PI))}f;
fn inner(x : vec4f) -> vec4f { return factor * (x + 0.044715f * x * x * x); }
fn slope(x : vec4f) -> vec4f { return factor * (1.0 + 0.134145f * x * x); }`,
};

/** h = gate(g) ⊙ up; gateUp [rows, 2·mlp], g then up, h [rows, mlp]. */
export function swiglu(
  gpu: Gpu,
  rows: number,
  mlp: number,
  activation: Activation,
  gateUp: DeviceBuffer,
  h: DeviceBuffer,
): void {
  const aligned = wholeVectors(mlp);
  gpu.dispatch({
    kernel: 'swiglu',
    text: {
      gate: gates[activation],
      gate_up: readAccess('gate_up', 0, 'F32', aligned),
      h: writeAccess('h', 1, aligned),
    },
    bindings: [gateUp, h],
    uniforms: [rows, mlp],
    workgroups: elementwiseGrid(gpu, rows, mlp),
  });
}

/** Writes the gradient of gateUp over it; dh [rows, mlp]. */
export function swigluBackward(
  gpu: Gpu,
  rows: number,
  mlp: number,
  activation: Activation,
  dh: DeviceBuffer,
  gateUp: DeviceBuffer,
): void {
  const aligned = wholeVectors(mlp);
  gpu.dispatch({
    kernel: 'swiglu-backward',
    text: {
      gate: gates[activation],
      dh: readAccess('dh', 0, 'F32', aligned),
      gate_up: writeAccess('gate_up', 1, aligned),
    },
    bindings: [dh, gateUp],
    uniforms: [rows, mlp],
    workgroups: elementwiseGrid(gpu, rows, mlp),
  });
}
