import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('machines that lack something for the GPU');
const root = fileURLToPath(new URL('../../../', import.meta.url));
const binary = join(root, 'bin', 'runflow.js');

/** Folders in which a Vulkan loader may lie. */
const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/lib/x86_64-linux-gnu'];

/** Runs a command where a file of the machine cannot be read as what it is; undefined when this machine does not allow that. */
function runWithout(hidden: readonly string[], folder: string, argv: readonly string[]) {
  const empty = join(folder, 'empty');
  writeFileSync(empty, '');
  const mounts = hidden.map((file) => `mount --bind '${empty}' '${file}' && `).join('');
  const inside = (command: string, rest: readonly string[]) =>
    spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', `${mounts}${command}`, 'sh', ...rest], {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), RUNFLOW_ADAPTER: 'auto' },
    });
  return inside('true', []).status === 0 ? inside('exec "$@"', argv) : undefined;
}

test('a machine without a Vulkan loader computes on SwiftShader', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-bare-'));
  try {
    const loaders = libraries.flatMap((library) =>
      existsSync(library)
        ? readdirSync(library)
            .filter((name) => /^libvulkan\.so\.1(\.|$)/.test(name))
            .map((name) => join(library, name))
        : [],
    );
    const ended = runWithout(loaders, folder, [process.execPath, binary, 'doctor', '--json']);
    if (ended === undefined) {
      console.log('skipped: a machine without a Vulkan loader; files cannot be hidden from a process here (unshare)');
      return;
    }
    assert.is(ended.status, 0, ended.stdout + ended.stderr);
    assert.is(JSON.parse(ended.stdout).selected, 'swiftshader');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('without the optional dependency the error says what to install', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-bare-'));
  try {
    for (const name of ['bin', 'dist/src', 'package.json']) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    for (const name of ['kernels', 'schema']) symlinkSync(join(root, name), join(folder, name));
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules')).filter((name) => name !== '@sparticuz')) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const ended = spawnSync(process.execPath, [join(folder, 'bin', 'runflow.js'), 'doctor'], {
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache'), RUNFLOW_ADAPTER: 'swiftshader' },
    });
    assert.is(ended.status, 3, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /npm install @sparticuz\/chromium/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
