import { UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { CacheCommand } from './cache-command.js';
import type { Command } from './command.js';
import { openedStore, storeOption } from './opened-store.js';
import { runsOptions } from './runs-options.js';
import { transferOptions } from './transfer-options.js';

const subcommands: Readonly<Record<string, () => Promise<CacheCommand>>> = {
  ls: async () => (await import('./cache-ls.js')).list,
  du: async () => (await import('./cache-ls.js')).diskUsage,
  gc: async () => (await import('./cache-gc.js')).collectGarbage,
  verify: async () => (await import('./cache-verify.js')).verify,
  runs: async () => {
    const { listRuns } = await import('./runs.js');
    return (store, rest, invocation) => listRuns(store, rest[0], invocation);
  },
  pin: async () => (await import('./cache-pin.js')).pin,
  unpin: async () => (await import('./cache-pin.js')).unpin,
  push: async () => (await import('./cache-push.js')).push,
  pull: async () => (await import('./cache-pull.js')).pull,
};

export const command: Command = {
  name: 'cache',
  usage: 'ls|du|gc|verify|runs|pin|unpin|push|pull [PATTERN|RUN|FILE [TARGET…]]',
  summary: 'Look at, tidy, check the store of results, and share it',
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  completes: [Object.keys(subcommands), 'run'],
  options: {
    ...storeOption,
    limit: { description: 'gc: collect down to this size, such as 20GiB, for this once', value: 'SIZE' },
    'dry-run': { description: 'gc, push: say what would go, and leave it', short: 'n' },
    ...runsOptions,
    ...transferOptions,
  },
  details: [
    '  ls [PATTERN]  what is stored, by kind of step; with a pattern (svd[*q_proj*]) the steps that match',
    '  du            how much room it takes, and the limit',
    '  gc            frees what nobody can need; over the limit also what was used longest ago',
    '  verify        hashes everything; names what is damaged and throws it away; exit code 1 if anything was',
    '  runs          what runflow runs says',
    '  pin RUN       keeps what a run used from every gc, until unpin RUN',
    '  push [FILE [TARGET…]]',
    '                copies finished results to a remote store: those of a workflow, of a run (--run), or all',
    '  pull [FILE [TARGET…]]',
    '                takes them from there',
    '',
    'The limit is RUNFLOW_STORE_LIMIT (200GiB, none), else 50 GiB, or half of what the disk could give the store if that',
    'is less. gc never takes what the three newest runs of a workflow file with a profile (of the last 30 days), pinned runs or',
    'running ones used.',
  ].join('\n'),
  async run(invocation) {
    const [name, ...rest] = invocation.positionals;
    const load = Object.hasOwn(subcommands, name!) ? subcommands[name!] : undefined;
    if (load === undefined) {
      const meant = nearest(name!, Object.keys(subcommands));
      throw new UsageError(`unknown command cache ${name}`, {
        hint: meant === undefined ? 'See runflow cache --help.' : didYouMean(name!, meant, `runflow cache ${meant}`),
      });
    }
    const isTransfer = name === 'push' || name === 'pull';
    if (!isTransfer && rest.length > 1) throw new UsageError(`runflow cache ${name} takes no argument: ${rest[1]}`);
    for (const option of Object.keys(transferOptions)) {
      if (!isTransfer && invocation.switch(option)) throw new UsageError(`--${option} is for cache push and pull only`);
    }
    for (const [option, names] of Object.entries({ limit: ['gc'], 'dry-run': ['gc', 'push'] })) {
      if (names.includes(name!) || !invocation.switch(option)) continue;
      throw new UsageError(`--${option} is for runflow cache ${names.join(' and ')} only`);
    }
    for (const option of ['tag', 'state', 'newest', 'metric']) {
      if (name !== 'runs' && invocation.switch(option)) throw new UsageError(`--${option} is for runflow runs only`);
    }
    if (['pin', 'unpin'].includes(name!) && invocation.switch('json')) {
      throw new UsageError(`--json is not for runflow cache ${name}`);
    }
    const run = await load();
    return run(openedStore(invocation), rest, invocation);
  },
};
