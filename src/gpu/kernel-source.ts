import { readFileSync } from 'node:fs';

/** What a kernel's text says about its parameters. */
export interface KernelSource {
  readonly text: string;
  /** Access of the storage bindings 0…n−1. */
  readonly storage: readonly ('read-only-storage' | 'storage')[];
  /** True when binding n is a uniform struct. */
  readonly hasUniforms: boolean;
}

const kernelFolder = new URL('../../../kernels/', import.meta.url);

/** Device features that kernels ask for by `enable`: the adapter is asked for these and no others. */
export const kernelFeatures: readonly GPUFeatureName[] = ['subgroups'];

/**
 * Reads `kernels/<name>.wgsl` and expands its templates: `{{> file}}` is replaced by `kernels/include/<file>.wgsl`, `{{word}}`
 * by the text given for it, and `{{#word}}…{{/word}}` is repeated as often as the number given for it, with `$word` counting
 * from 0: for registers and subgroup lanes, which WGSL cannot index at run time. The text declares its parameters in group 0:
 * storage buffers at bindings 0…n−1 and at most one uniform struct at binding n.
 */
export function readKernel(name: string, replacements: Readonly<Record<string, string>> = {}): KernelSource {
  const source = kernelFile(name).replace(/\{\{> ([\w-]+)\}\}/g, (_, file: string) => kernelFile(`include/${file}`));
  const text = expand(source, name, replacements);
  const storage: ('read-only-storage' | 'storage')[] = [];
  let uniformBinding: number | undefined;
  const code = text.replace(/\/\/.*$/gm, '');
  for (const [, binding, space, access] of code.matchAll(
    /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(storage|uniform)\s*(?:,\s*(\w+)\s*)?>/g,
  )) {
    if (space === 'uniform') uniformBinding = Number(binding);
    else storage[Number(binding)] = access === 'read_write' ? 'storage' : 'read-only-storage';
  }
  if (storage.includes(undefined as never) || (uniformBinding !== undefined && uniformBinding !== storage.length)) {
    throw new Error(`kernel ${name}: storage bindings must be numbered from 0, the uniform struct after them`);
  }
  return { text, storage, hasUniforms: uniformBinding !== undefined };
}

function kernelFile(name: string): string {
  return readFileSync(new URL(`${name}.wgsl`, kernelFolder), 'utf8');
}

function expand(text: string, name: string, replacements: Readonly<Record<string, string>>): string {
  const value = (word: string) => {
    const given = replacements[word];
    if (given === undefined) throw new Error(`kernel ${name}: nothing given for {{${word}}}`);
    return given;
  };
  return text
    .replace(/\{\{#(\w+)\}\}(.*?)\{\{\/\1\}\}/gs, (_, word: string, body: string) =>
      Array.from({ length: Number(value(word)) }, (_, i) =>
        expand(body.replaceAll(`$${word}`, `${i}`), name, replacements),
      ).join(''),
    )
    .replace(/\{\{(\w+)\}\}/g, (_, word: string) => value(word));
}
