import { waitForDevice } from './device-wait.js';
import type { Dispatch } from './gpu.js';
import { readKernel } from './kernel-source.js';
import { uniformSlotBytes } from './uniform-ring.js';

/** A kernel, compiled or on its way, and how its parameters are laid out. Layouts of equal signature are the same object. */
export interface Pipeline {
  /** undefined until it is compiled, and for good where that fails. */
  readonly pipeline: GPUComputePipeline | undefined;
  /** Resolves when it is compiled; rejects with what the device says. */
  readonly ready: Promise<void>;
  readonly layout: BindingLayout;
}

export interface BindingLayout {
  readonly id: number;
  readonly group: GPUBindGroupLayout;
  readonly pipelineLayout: GPUPipelineLayout;
  readonly storageCount: number;
  readonly hasUniforms: boolean;
}

/**
 * Compiles each combination of kernel, entry point, constants and text once, in threads of Dawn's: for a software device
 * one kernel takes a second or more.
 */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #modules = new Map<string, { module: GPUShaderModule; layout: BindingLayout }>();
  readonly #layouts = new Map<string, BindingLayout>();
  /** Numbers of texts, which are long: equal texts have one number, and an object that was seen is not looked at again. */
  readonly #texts = new Map<string, number>();
  readonly #textObjects = new WeakMap<object, number>();
  #compiling = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Kernels on their way. */
  get compiling(): number {
    return this.#compiling;
  }

  get(dispatch: Pick<Dispatch, 'kernel' | 'entry' | 'constants' | 'text'>): Pipeline {
    const { kernel, entry = 'main', constants, text } = dispatch;
    const moduleKey = text === undefined ? kernel : `${kernel} ${this.#textNumber(text)}`;
    const key = `${moduleKey} ${entry}${constants === undefined ? '' : ` ${JSON.stringify(constants)}`}`;
    const known = this.#pipelines.get(key);
    if (known !== undefined) return known;
    const { module, layout } = this.#module(kernel, moduleKey, text);
    const compiling = this.#device.createComputePipelineAsync({
      label: key,
      layout: layout.pipelineLayout,
      compute: { module, entryPoint: entry, constants: { ...constants } },
    });
    this.#compiling += 1;
    const made: { -readonly [field in keyof Pipeline]: Pipeline[field] } = {
      layout,
      pipeline: undefined,
      ready: waitForDevice(compiling)
        .then((pipeline) => {
          made.pipeline = pipeline;
        })
        .finally(() => {
          this.#compiling -= 1;
        }),
    };
    // Whoever dispatches it learns of the failure.
    made.ready.catch(() => undefined);
    this.#pipelines.set(key, made);
    return made;
  }

  #textNumber(text: Readonly<Record<string, string>>): number {
    const known = this.#textObjects.get(text);
    if (known !== undefined) return known;
    const content = JSON.stringify(text);
    const number = this.#texts.get(content) ?? this.#texts.size;
    this.#texts.set(content, number);
    this.#textObjects.set(text, number);
    return number;
  }

  #module(kernel: string, key: string, text: Readonly<Record<string, string>> | undefined) {
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    const source = readKernel(kernel, text);
    const module = this.#device.createShaderModule({ label: `kernels/${kernel}.wgsl`, code: source.text });
    const made = { module, layout: this.#layout(source.storage, source.hasUniforms) };
    this.#modules.set(key, made);
    return made;
  }

  #layout(storage: readonly GPUBufferBindingType[], hasUniforms: boolean): BindingLayout {
    const key = `${storage.join(',')}${hasUniforms ? ',uniform' : ''}`;
    const known = this.#layouts.get(key);
    if (known !== undefined) return known;
    const entries: GPUBindGroupLayoutEntry[] = storage.map((type, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    }));
    if (hasUniforms) {
      entries.push({
        binding: storage.length,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: uniformSlotBytes },
      });
    }
    const group = this.#device.createBindGroupLayout({ label: key, entries });
    const pipelineLayout = this.#device.createPipelineLayout({ label: key, bindGroupLayouts: [group] });
    const layout = { id: this.#layouts.size, group, pipelineLayout, storageCount: storage.length, hasUniforms };
    this.#layouts.set(key, layout);
    return layout;
  }
}
