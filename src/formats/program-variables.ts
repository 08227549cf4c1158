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
  /^(GIT_.*|EDITOR|VISUAL|PAGER|BROWSER|OPENSSL_(CONF|MODULES)|SSLKEYLOGFILE|VK_.*LAYER.*|OCL_ICD_.*)$/,
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
