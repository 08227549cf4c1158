import { UsageError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { helpOf, parseInvocation } from './command.js';
import { commands } from './commands.js';
import { reportError } from './report-error.js';

/** Runs one command line and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    process.stdout.write(overview());
    return first === undefined ? exitCodes.invalid : exitCodes.done;
  }
  if (first === '--version' || first === '-v') {
    const { runflowVersion } = await import('../diagnostics/version.js');
    process.stdout.write(`${runflowVersion()}\n`);
    return exitCodes.done;
  }
  if (first === 'help') return main([rest[0]!, '--help']);
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
    process.stdout.write(helpOf(command));
    return exitCodes.done;
  }
  return command.run(invocation);
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 2;
  const rows = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`);
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

// The reader of a pipe may leave early (`runflow plan … | head`): that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.done);
});
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) =>
  reportError(error, (text) => process.stderr.write(text)),
);
