/** Variables that a program needs to be found and to start. Every program of a workflow gets them; none is in a key. */
export const startVariables: readonly string[] = [
  ...['PATH', 'HOME', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'],
  ...['SYSTEMROOT', 'COMSPEC', 'PATHEXT', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA'],
];

/** Variables that runflow gives every program a value of its own for. */
const ownVariables: readonly string[] = ['LANG', 'LC_ALL', 'TMPDIR', 'TEMP', 'TMP'];

/** Variables that make a program, or the loader of its libraries, load or run other code, which no key would know of. */
const codeVariables = [
  /^(LD|DYLD)_/,
  /^(BASH_ENV|ENV|SHELLOPTS|BASHOPTS|BASH_FUNC_.*|PS4|PROMPT_COMMAND|IFS|CDPATH|GCONV_PATH|LOCPATH|GLIBC_TUNABLES)$/,
  /^NODE_(OPTIONS|PATH|REPL_EXTERNAL_MODULE|EXTRA_CA_CERTS|CHANNEL_.*)$/,
  /^PYTHON/,
  /^(PERL5?(LIB|OPT|DB)|PERLLIB|RUBY(LIB|OPT)|LUA_(INIT|PATH|CPATH).*|R_(PROFILE|ENVIRON|LIBS).*|GEM_(HOME|PATH))$/,
  /^((JAVA|JDK)_(TOOL_)?OPTIONS|_JAVA_OPTIONS|CLASSPATH|CATALINA_OPTS|MAVEN_OPTS)$/,
  /^(DOTNET_(STARTUP_HOOKS|ADDITIONAL_DEPS|SHARED_STORE|ROOT.*)|(CORECLR|COR|COMPLUS)_.*)$/,
  /^(JULIA_(LOAD_PATH|DEPOT_PATH|PROJECT)|PHPRC|PHP_INI_SCAN_DIR|ERL_(LIBS|.*FLAGS)|TCLLIBPATH|GUILE_(LOAD|EXTENSIONS).*)$/,
  /^(RUSTC|RUSTC_.*WRAPPER|RUSTDOC|RUSTFLAGS|CARGO_.*(RUNNER|LINKER|RUSTC.*)|GOFLAGS|GOROOT|NPM_CONFIG_.*)$/,
  /^(GIT_.*|EDITOR|VISUAL|PAGER|BROWSER|LESSOPEN|LESSCLOSE|ZDOTDIR|OPENSSL_(CONF|MODULES|ENGINES)|SSLKEYLOGFILE)$/,
  /^(VK_(ICD_FILENAMES|(ADD_)?DRIVER_FILES|.*LAYER.*)|OCL_ICD_.*|OPENCL_.*(LIB|LAYER).*|__EGL_.*|LIBGL_DRIVERS_PATH)$/,
  /^(CUDA_INJECTION(32|64)_PATH|NVTX_INJECTION(32|64)_PATH|NCCL_.*PLUGIN|OMPI_MCA_.*|UCX_MODULE_DIR|HWLOC_PLUGINS_PATH)$/,
  /^(GTK_(MODULES|PATH)|GIO_(EXTRA_MODULES|MODULE_DIR)|QT_(QPA_PLATFORM_)?PLUGIN_PATH|GST_PLUGIN_.*)$/,
  /^RUNFLOW_/,
];

/** Why a workflow cannot ask for a variable; undefined: it can. Upper and lower case are one, as on Windows. */
export function variableProblem(name: string): { readonly what: string; readonly hint: string } | undefined {
  const upper = name.toUpperCase();
  if (startVariables.includes(upper)) {
    return { what: `${name} is passed to every program`, hint: 'Remove it: it is part of no key.' };
  }
  if (ownVariables.includes(upper)) {
    return { what: `runflow sets ${name} itself`, hint: 'Remove it.' };
  }
  if (codeVariables.some((pattern) => pattern.test(upper))) {
    const hint = 'Say it in the command instead: as an argument, or in one of its files.';
    return { what: `${name} makes programs run code that is not part of the command`, hint };
  }
  return undefined;
}
