import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const source = fileURLToPath(new URL('../../../../src/', import.meta.url));

/** Names of types that a file defines and exports; re-exports define nothing. */
function exportedTypes(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const pattern = /^export (?:declare )?(?:abstract )?(?:type|interface|class|enum) (\w+)/gm;
  return [...code.matchAll(pattern)].map(([, name]) => name!);
}

test('a type that a file exports has a name of its own', () => {
  const places = new Map<string, string[]>();
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    for (const name of exportedTypes(readFileSync(join(source, file), 'utf8'))) {
      places.set(name, [...(places.get(name) ?? []), file]);
    }
  }
  assert.ok(places.size > 300);
  const shared = [...places]
    .filter(([, files]) => files.length > 1)
    .map(([name, files]) => `${name}: ${files.join(', ')}`);
  assert.equal(shared, []);
});

test('the check sees types of every form, and no re-export', () => {
  const text = [
    'export type A = 1;',
    'export interface B<T> {',
    'export class C implements B {',
    'export abstract class D {',
    "export type { E } from './e.js';",
    "export type * from './f.js';",
    '/* export type G = 1; */',
    '// export type H = 1;',
    'export const I = 1;',
  ].join('\n');
  assert.equal(exportedTypes(text), ['A', 'B', 'C', 'D']);
});

test.run();
