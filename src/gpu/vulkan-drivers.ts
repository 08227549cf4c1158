import { readdirSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Folders that the Vulkan loader searches for driver manifests on Linux (Vulkan-Loader, LoaderDriverInterface.md), most specific first. */
function manifestFolders(environment: NodeJS.ProcessEnv): string[] {
  const home = os.homedir();
  const bases = [
    environment.XDG_CONFIG_HOME || path.join(home, '.config'),
    ...(environment.XDG_CONFIG_DIRS || '/etc/xdg').split(':'),
    '/usr/local/etc',
    '/etc',
    environment.XDG_DATA_HOME || path.join(home, '.local/share'),
    ...(environment.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':'),
    '/run/opengl-driver/share',
  ];
  return [...new Set(bases)].map((base) => path.join(base, 'vulkan', 'icd.d'));
}

/** Driver manifests installed on this machine, in the loader's order. */
function driverManifests(environment: NodeJS.ProcessEnv): string[] {
  return manifestFolders(environment).flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort()
        .map((name) => path.join(folder, name));
    } catch {
      return [];
    }
  });
}

/** The manifest of Mesa's CPU driver: `lvp_icd.json`, or with the architecture in its name. */
export function lavapipeManifest(environment: NodeJS.ProcessEnv): string | undefined {
  return driverManifests(environment).find((file) => /^lvp_icd(\..+)?\.json$/.test(path.basename(file)));
}

/** Everything on this machine that decides which Vulkan adapters there are. Changes when a driver or a card comes, goes or is updated. */
export function machineFingerprint(environment: NodeJS.ProcessEnv): string[] {
  const variables = Object.keys(environment)
    .filter((name) => /^(VK_|MESA_|LP_|LIBGL_|DRI_|__NV|LD_LIBRARY_PATH$)/.test(name))
    .sort()
    .map((name) => `${name}=${environment[name]}`);
  const loaders = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib64',
    '/usr/lib',
    '/usr/local/lib',
  ];
  const files = [
    ...driverManifests(environment).flatMap((file) => [file, libraryOf(file)]),
    ...loaders.map((folder) => path.join(folder, 'libvulkan.so.1')),
    ...['/dev/nvidia0', '/dev/nvidiactl', '/dev/dxg'],
    ...['/dev/dri'].flatMap((folder) => {
      try {
        return readdirSync(folder).map((name) => path.join(folder, name));
      } catch {
        return [];
      }
    }),
  ];
  return [process.platform, process.arch, os.release(), ...variables, ...files.map(stamp)];
}

function libraryOf(manifest: string): string {
  try {
    const { ICD } = JSON.parse(readFileSync(manifest, 'utf8')) as { ICD?: { library_path?: string } };
    const library = ICD?.library_path ?? '';
    return library.includes('/') ? path.resolve(path.dirname(manifest), library) : manifest;
  } catch {
    return manifest;
  }
}

function stamp(file: string): string {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return `${file} absent`;
  // Device nodes get a new mtime whenever they are used: their presence is what counts.
  return status.isFile() ? `${file} ${status.size} ${status.mtimeMs}` : `${file} present`;
}
