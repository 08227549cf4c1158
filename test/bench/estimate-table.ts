/**
 * The README's table: what the paper's experiments cost with each real profile, from the true shapes of the models
 * (test/fixtures/real-models.ts) on a server on the loopback interface, as `plan --estimate` counts it.
 *
 *   node dist/test/bench/estimate-table.js [DEVICE]
 *
 * Rows of the test sets, and lengths, are assumed as they are printed: nothing of the data is here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assumptionsOf } from '../../src/cli/assumptions.js';
import { deviceNamed, ratesOfDevice, traitsOfDevice } from '../../src/cost/devices.js';
import type { HostRates } from '../../src/cost/rates.js';
import type { Range } from '../../src/cost/totals.js';
import { estimateWorkflow } from '../../src/estimate/estimate.js';
import { formatBytes } from '../../src/formats/byte-size.js';
import { Store } from '../../src/store/store.js';
import { loadStudy } from '../../src/workflow/load.js';
import { realModels } from '../fixtures/real-models.js';
import { publishHeaders } from '../unit/data/headers-only.js';
import { HubServer } from '../unit/data/hub-server.js';

const workflows = fileURLToPath(new URL('../../../workflows/', import.meta.url));
const device = deviceNamed(process.argv[2] ?? 'RTX 4090');
if (device === undefined) throw new Error(`no figures of ${process.argv[2]}`);
/** Two cores of a server, as test/bench/estimate.ts measures them in processor time; the table does not depend on who makes it. */
const host: HostRates = {
  productFlops: 6e9,
  eigenSeconds: 1.4e-9,
  elements: 1e8,
  normals: 2.5e7,
  characters: 1e8,
  hashedBytes: 1.7e9,
  writtenBytes: 1e9,
  fileSeconds: 1e-3,
  librarySeconds: 0.4,
};
const assumed = [
  ...['questions.rows=1319', 'worked-examples.rows=7473', 'requests.rows=520'],
  ...['row-tokens=256', 'prompt-tokens=200', 'response-tokens=256'],
];

const hub = await HubServer.start();
const folder = mkdtempSync(join(tmpdir(), 'runflow-table-'));
try {
  console.log(`--device "${device.name}" ${assumed.map((text) => `--assume ${text}`).join(' ')}\n`);
  console.log(
    '| profile | experiment | steps | operations | to fetch | on disk | device memory | time | questions at most |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const profile of Object.keys(realModels)) {
    publishHeaders(hub, profile);
    for (const experiment of ['exp1', 'exp2', 'exp3', 'exp4']) console.log(await row(profile, experiment));
  }
} finally {
  await hub.stop();
  rmSync(folder, { recursive: true });
}

async function row(profile: string, experiment: string): Promise<string> {
  const loaded = await loadStudy(join(workflows, `${experiment}.yaml`), { profile });
  if (!loaded.ok) throw new Error(`${experiment} is invalid`);
  const study = loaded.value;
  const { datasets } = study.cells[0]!.workflow;
  const { totals } = await estimateWorkflow({
    study,
    store: Store.open(join(folder, 'store')),
    assumed: assumptionsOf(
      assumed.filter((text) => !text.includes('.') || datasets.has(text.split('.')[0]!)),
      study,
    ),
    machine: { traits: traitsOfDevice(), device: ratesOfDevice(device!), host },
    environment: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, 'hf') },
  });
  const { all } = totals;
  const cells = [
    String(all.steps),
    text(all.flop, (flop) => `${Number((flop / 1e15).toPrecision(2))} P`),
    text(all.fetch, formatBytes),
    text(all.disk, formatBytes),
    text(all.deviceMemory, formatBytes),
    text(all.seconds, (seconds) => `${Number((seconds / 3600).toPrecision(2))} h`),
    text({ least: all.judgeRequests.most ?? 0, most: all.judgeRequests.most }, (count) => count.toLocaleString('en')),
  ];
  return `| ${[profile, experiment, ...cells].join(' | ')} |`;
}

function text({ least, most }: Range, of: (value: number) => string): string {
  if (most === null) return `${of(least)} or more`;
  return of(least) === of(most) ? of(least) : `${of(least)} to ${of(most)}`;
}
