/**
 * CPU time of `runflow validate workflows/exp3.yaml` over that of `node -e 0`: node dist/test/bench/validate.js [ROUNDS]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const rounds = Number(process.argv[2] ?? 10);
const report = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('cpu ' + (user + system) / 1000);
});`;

/** Least CPU milliseconds of a process, start-up included: the least, because other load only adds. */
function cpuMilliseconds(argv: readonly string[]): number {
  const times = Array.from({ length: rounds }, () => {
    const hook = ['--import', `data:text/javascript,${encodeURIComponent(report)}`];
    const { stderr } = spawnSync(process.execPath, [...hook, ...argv], { cwd: root, encoding: 'utf8' });
    const cpu = stderr.match(/cpu ([\d.]+)$/)?.[1];
    if (cpu === undefined) throw new Error(stderr);
    return Number(cpu);
  });
  return Math.min(...times);
}

const bare = cpuMilliseconds(['-e', '0']);
const validate = cpuMilliseconds(['bin/runflow.js', 'validate', 'workflows/exp3.yaml']);
console.log(
  `node -e 0: ${bare.toFixed(0)} ms CPU; validate: ${validate.toFixed(0)} ms; difference ${(validate - bare).toFixed(0)} ms`,
);
