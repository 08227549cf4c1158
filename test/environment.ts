/**
 * What tests may see of the environment: how to find programs, folders and drivers. Everything else (a token, an offline
 * switch, a store, an adapter, colours) would decide what is tested, so it goes.
 */
const kept = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TEMP', 'TMP'],
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'XDG_DATA_DIRS', 'XDG_CONFIG_DIRS'],
  ...['SYSTEMROOT', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
];
/** Variables of Vulkan's loader and of its drivers. */
const keptPrefixes = ['VK_', 'MESA_', 'LP_', 'LIBGL_', 'DRI_', '__NV'];

export function testEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = Object.keys(environment).filter(
    (name) => kept.includes(name.toUpperCase()) || keptPrefixes.some((prefix) => name.startsWith(prefix)),
  );
  return Object.fromEntries(names.map((name) => [name, environment[name]]));
}
