import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runflowVersion } from '../diagnostics/version.js';

/** Versions of what results may depend on: runflow, Node, and Dawn's Node package. */
export function versions(): Readonly<Record<string, string>> {
  return { runflow: runflowVersion(), node: process.versions.node, webgpu: dawnVersion() };
}

/** From its package.json, without loading it. */
function dawnVersion(): string {
  const paths = createRequire(import.meta.url).resolve.paths('webgpu') ?? [];
  for (const path of paths) {
    try {
      return versionIn(`${path}/webgpu/package.json`);
    } catch {
      // Not in this node_modules folder.
    }
  }
  return 'absent';
}

function versionIn(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
