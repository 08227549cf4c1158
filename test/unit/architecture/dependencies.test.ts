import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

type Versions = Readonly<Record<string, string>>;

interface Package {
  readonly dependencies: Versions;
  readonly optionalDependencies: Versions;
  readonly devDependencies: Versions;
}

const sections = ['dependencies', 'optionalDependencies', 'devDependencies'] as const;

function json<T>(file: string): T {
  return JSON.parse(readFileSync(join(root, file), 'utf8')) as T;
}

const manifest = json<Package & { readonly scripts: Versions }>('package.json');
const lock = json<{ readonly packages: Readonly<Record<string, Package & { readonly version: string }>> }>(
  'package-lock.json',
);

test('every dependency is pinned to one version, the one of the lock file', () => {
  for (const section of sections) {
    assert.ok(Object.keys(manifest[section]).length > 0, section);
    for (const [name, version] of Object.entries(manifest[section])) {
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} in ${section}`);
      assert.is(lock.packages[`node_modules/${name}`]?.version, version, `${name} in package-lock.json`);
    }
    assert.equal(lock.packages['']![section], manifest[section], `${section} of package-lock.json`);
  }
});

/** What imports, or finds, a package: `from 'x'`, `import('x')`, `….resolve('x')`, `createRequire(…)('x')`. */
const imports =
  /(?:\bfrom |^import |\bimport\(|(?:import\.meta|require)\.resolve\(|createRequire\(import\.meta\.url\)\()'([^'.\s][^'\s]*)'/gm;

/** Packages that the files of a folder import, whole or by a file of theirs. */
function importedIn(folder: string): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const code = readFileSync(join(root, folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    for (const [, name] of code.matchAll(imports)) {
      if (!name!.startsWith('node:')) found.add(/^(@[^/]+\/)?[^/]+/.exec(name!)![0]);
    }
  }
  return found;
}

test('the sources import what is installed with runflow, and nothing else; nothing is installed that they do not import', () => {
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  assert.equal([...importedIn('src')].sort(), installed.sort());
});

test('what is installed to develop is used: by a test, a script or the compiler', () => {
  /** Packages by the command or setting that they give. */
  const commands: Versions = { '@biomejs/biome': 'biome ', typescript: 'tsc ' };
  const scripts = Object.values(manifest.scripts).join('\n');
  const { types } = json<{ readonly compilerOptions: { readonly types: readonly string[] } }>(
    'tsconfig.json',
  ).compilerOptions;
  const tests = importedIn('test');
  for (const name of Object.keys(manifest.devDependencies)) {
    const used =
      tests.has(name) ||
      types.includes(name.replace(/^@types\//, '')) ||
      (commands[name] !== undefined && scripts.includes(commands[name]));
    assert.ok(used, name);
  }
});

test.run();
