import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Every workflow, included file, profile and example of a workflow in the repository. Absolute paths. */
export function shippedFiles(): string[] {
  return ['workflows', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml') && dirname(name) !== 'executors')
      .map((name) => join(root, folder, name))
      .sort(),
  );
}

/** Those that can be run by themselves: what is only included, or laid over a workflow, names models that others define. */
export function shippedWorkflows(): string[] {
  const parts = ['lab.yaml', 'published.yaml'];
  return shippedFiles().filter((file) => !parts.includes(basename(file)) && basename(dirname(file)) !== 'profiles');
}

/** The workflows folder as texts beside a lab/main.yaml: path → text. */
export function shippedTexts(): Record<string, string> {
  const folder = join(root, 'workflows');
  const files = shippedFiles().filter((file) => file.startsWith(join(folder, '/')));
  return Object.fromEntries(files.map((file) => [join('lab', relative(folder, file)), readFileSync(file, 'utf8')]));
}

/** An experiment with published.yaml over it, as that file says. */
export function publishedTexts(experiment: string): Record<string, string> {
  const main = `runflow: 1\nname: published\ninclude: [${experiment}.yaml, published.yaml]\nsemantics: reference\n`;
  return { ...shippedTexts(), 'lab/main.yaml': main };
}
