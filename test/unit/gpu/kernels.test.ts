import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelFeatures, readKernel } from '../../../src/gpu/kernel-source.js';

const folder = fileURLToPath(new URL('../../../../kernels/', import.meta.url));
const wgsl = (of: string) =>
  readdirSync(of)
    .filter((file) => file.endsWith('.wgsl'))
    .map((file) => path.basename(file, '.wgsl'));
const textOf = (name: string) => readFileSync(path.join(folder, `${name}.wgsl`), 'utf8');
const kernels = wgsl(folder);
const includes = wgsl(path.join(folder, 'include'));
const included = (text: string) => [...text.matchAll(/\{\{> ([\w-]+)\}\}/g)].map(([, name]) => name!);
/** The comment at the top, as one line. */
const headerOf = (text: string) => /^(?:\/\/.*\n)+/.exec(text)?.[0].replaceAll('\n//', ' ') ?? '';

for (const name of kernels) {
  test(`the header of ${name} states its bindings, tolerance and cost`, () => {
    const header = headerOf(textOf(name));
    assert.match(header, /Tolerance: \S/);
    assert.match(header, /Cost: \S/);
    const whole = [textOf(name), ...included(textOf(name)).map((file) => textOf(`include/${file}`))].join('\n');
    const bindings = [
      ...[...whole.matchAll(/var<storage[^>]*> (\w+)/g)].map(([, binding]) => binding!),
      // A line of its own is an accessor: `readAccess` or `writeAccess` of src/gpu/element-access.ts.
      ...[...whole.matchAll(/^\{\{(\w+)\}\}$/gm)].map(([, binding]) => binding!),
    ].filter((binding) => binding !== 'enable');
    assert.ok(bindings.length > 0);
    for (const binding of bindings) assert.match(header, new RegExp(`\\b${binding}\\b`, 'i'), binding);
  });
}

test('the adapter is asked for the features that kernels enable, and for no others', () => {
  const features: Readonly<Record<string, GPUFeatureName>> = { subgroups: 'subgroups', f16: 'shader-f16' };
  const attention = readFileSync(new URL('../../../../src/nn/attention.ts', import.meta.url), 'utf8');
  const enabled = [...kernels.map(textOf), attention].flatMap((text) =>
    [...text.matchAll(/\benable (\w+);/g)].map(([, extension]) => features[extension!]!),
  );
  assert.equal(new Set(enabled), new Set(kernelFeatures));
});

test('every include is shared by two kernels or more, and says what it is', () => {
  for (const name of includes) {
    const users = kernels.filter((kernel) => included(textOf(kernel)).includes(name));
    assert.ok(users.length > 1, `${name}: ${users}`);
    assert.match(textOf(`include/${name}`), /^\/\/ \S/);
  }
});

test('a kernel with an include has its text and its bindings', () => {
  const { text, storage, hasUniforms } = readKernel('gradient-norm');
  assert.match(text, 'fn is_nonfinite(');
  assert.not.match(text, '{{');
  assert.equal(storage, ['read-only-storage', 'storage', 'storage']);
  assert.ok(hasUniforms);
  assert.throws(() => readKernel('gemm', {}), /nothing given for \{\{/);
});

test.run();
