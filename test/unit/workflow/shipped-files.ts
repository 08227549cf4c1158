import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Every workflow, included file, profile and example of the repository. Absolute paths. */
export function shippedFiles(): string[] {
  return ['workflows', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => join(root, folder, name))
      .sort(),
  );
}

/** Those that can be run by themselves: what is only included, or laid over a workflow, names models that others define. */
export function shippedWorkflows(): string[] {
  const parts = ['lab.yaml', 'published.yaml'];
  return shippedFiles().filter((file) => !parts.includes(basename(file)) && basename(dirname(file)) !== 'profiles');
}
