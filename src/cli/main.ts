import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { helpOf, parseInvocation } from './command.js';
import { commands } from './commands.js';
import { ignoreHangup, outlivesTerminal } from './hangup.js';
import { ensureHomeFolder } from './home-folder.js';
import { print } from './output.js';
import { reportError } from './report-error.js';
import { guardStandardStreams } from './standard-streams.js';

/** Runs one command line and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined) {
    print(overview());
    return exitCodes.invalid;
  }
  if (first === 'help' && rest[0] !== undefined && !rest[0].startsWith('-')) {
    expectNothing(`help ${rest[0]}`, rest.slice(1));
    return main([rest[0], '--help']);
  }
  if (['--help', '-h', 'help'].includes(first)) {
    expectNothing(first, rest);
    print(overview());
    return exitCodes.done;
  }
  if (first === '--version' || first === '-v') {
    expectNothing(first, rest);
    const { runflowVersion } = await import('../diagnostics/version.js');
    print(`${runflowVersion()}\n`);
    return exitCodes.done;
  }
  if (first.startsWith('-')) {
    throw new UsageError(`unknown option ${first}`, {
      hint: 'Options come after the command: runflow COMMAND --help.',
    });
  }
  const entry = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (entry === undefined) {
    const meant = nearest(first, Object.keys(commands));
    throw new UsageError(`unknown command ${first}`, {
      hint: meant === undefined ? 'See runflow --help.' : didYouMean(first, meant, `runflow ${meant}`),
    });
  }
  const { command } = await entry.load();
  const invocation = parseInvocation(command, rest);
  if (invocation.switch('help')) {
    print(helpOf(command));
    return exitCodes.done;
  }
  return command.run(invocation);
}

function expectNothing(before: string, [more]: readonly string[]): void {
  if (more !== undefined) throw new UsageError(`one argument too many behind runflow ${before}: ${more}`);
}

function overview(): string {
  const listed = Object.entries(commands).filter(([, { hidden }]) => !hidden);
  const width = Math.max(...listed.map(([name]) => name.length)) + 2;
  const rows = listed.map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`);
  return [
    'runflow: workflows for subspace experiments on language models, on the GPU.',
    '',
    'Usage: runflow COMMAND [ARGUMENT…] [OPTION…]',
    '',
    'Commands:',
    ...rows,
    '',
    'runflow COMMAND --help explains one; runflow --version prints the version.',
    'Exit codes: 0 done, 1 a step failed, 2 invalid workflow or usage, 3 environment, 130 interrupted.',
    '',
  ].join('\n');
}

guardStandardStreams();
if (outlivesTerminal()) ignoreHangup();
const homeless = ensureHomeFolder();
if (homeless !== undefined) process.stderr.write(`warning: ${homeless}\n`);
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) =>
  reportError(error, (text) => process.stderr.write(text)),
);
