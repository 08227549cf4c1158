import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Prepared } from '../../../src/run/prepare.js';
import { type RunToTell, runFacts } from '../../../src/run/results/run-facts.js';
import type { StepTime } from '../../../src/run/run-times.js';
import { RunRecords } from '../../../src/run/schedule/run-records.js';
import type { Step } from '../../../src/steps/step.js';
import { coordinatesText } from '../../../src/workflow/coordinates.js';
import { type StudyCell, studyOf } from '../../../src/workflow/study.js';
import type { LoadedWorkflow } from '../../../src/workflow/workflow.js';

const step = (id: string, group: string, kind: string, ...after: readonly string[]) =>
  ({
    id,
    group,
    kind,
    inputs: Object.fromEntries(after.map((node) => [node, { node, output: 'x' }])),
  }) as unknown as Step;

const time = (of: string, start: number, reason: string, attempt = 1): StepTime => {
  return { step: of, group: of[0]!, attempt, reason, start, end: start + 2, state: 'ran' };
};

function told(steps: readonly Step[], times: readonly StepTime[]): RunToTell {
  const applied = { profile: 'big', set: ["a.b=it's", 'seed=3'] };
  const workflow = { file: '/home/me/lab/exp1.yaml', applied, document: { name: 'exp1', secret: 'hunter22' } };
  const study = studyOf(workflow as unknown as LoadedWorkflow);
  const hub = [{ kind: 'model', name: 'base', repo: 'a/b', revision: 'main', commit: 'c' }];
  const results = [{ file: 'report.html', node: 'report', output: 'report.html' }];
  return {
    run: 'r',
    study,
    cell: study.cells[0]!,
    targets: ['svd[*]'],
    folder: '.',
    prepared: { steps, plan: { hub, results } } as unknown as Prepared,
    records: new RunRecords(),
    times,
    repository: undefined,
    device: undefined,
    versions: {},
    started: new Date(0),
    seconds: 9,
    redacted: (text) => text.replaceAll('hunter22', '[SECRET]'),
  };
}

const noChanges = { since: undefined, files: [], claims: undefined };

test('the command is one that a shell takes as it stands, and secrets are left out', async () => {
  const { command, workflow, hub } = await runFacts(told([], []), noChanges);
  assert.is(command, `runflow run exp1.yaml 'svd[*]' --profile big --set 'a.b=it'\\''s' --set seed=3 --locked`);
  assert.equal(workflow, { file: 'exp1.yaml', text: 'name: exp1\nsecret: [SECRET]\n', isApplied: true });
  assert.equal(hub, [{ name: 'base', repo: 'a/b', commit: 'c' }]);
});

test('of a matrix the command makes the cell alone', async () => {
  const one = told([], []);
  const axes = ['profile', 'params.lr', 'params.text', 'params.flag', 'params.own'].map((path) => {
    return { path, name: path.replace('params.', '') };
  });
  const given = ['small', 0.00001, "a, 'b'", '1'] as const;
  const values = [...given.map((value) => ({ value, written: String(value) })), { value: 'x', written: 'x' }];
  const coordinates = new Map(given.map((value, index) => [axes[index]!.name, String(value)]));
  const cell = { ...one.study.cells[0]!, values, coordinates, label: coordinatesText(coordinates) };
  const study = { ...one.study, axes, cells: [cell], applied: { set: ['seed=3'] } };
  const of = { ...one, study, cell, folder: 'cells/lr=1e-5' };
  const { command, timeline } = await runFacts(of, noChanges);
  const choice = `--matrix profile=small --matrix params.lr=0.00001 --matrix 'params.text=["a, '\\''b'\\''"]' --matrix 'params.flag=["1"]'`;
  assert.is(command, `runflow run exp1.yaml ${choice} --set seed=3 --locked`);
  assert.is(timeline, '../../timeline.json');
  const named = await runFacts({ ...of, cell: { ...cell, label: 'paper' } }, noChanges);
  assert.is(named.command, 'runflow run exp1.yaml --matrix cell=paper --set seed=3 --locked');
});

test('of a whole matrix the command makes all cells that were asked for, and the workflow is the file as it was read', async () => {
  const one = told([], []);
  const [{ workflow }] = one.study.cells as [StudyCell];
  const written = { texts: [{ file: workflow.file, text: 'name: exp1 # hunter22\n' }] };
  const cells = [{ ...one.study.cells[0]!, workflow: { ...workflow, written } as unknown as LoadedWorkflow }];
  const axes = [{ path: 'params.lr', name: 'lr' }];
  const study = { ...one.study, axes, cells, asked: ['params.lr=1e-5,3e-5'], applied: { set: [] } };
  const facts = await runFacts({ ...one, study, cell: undefined }, noChanges);
  assert.is(facts.command, 'runflow run exp1.yaml --matrix params.lr=1e-5,3e-5 --locked');
  assert.equal(facts.workflow, { file: 'exp1.yaml', text: 'name: exp1 # [SECRET]\n', isApplied: false });
});

test('equal reasons are counted together, and second attempts and pages have none', async () => {
  const times = [
    time('a', 0, 'lr 1 → 2, recipes.r line 3'),
    time('b', 1, 'lr 1 → 2, recipes.r line 3; input x: y changed'),
    time('b', 2, 'lr 1 → 2, recipes.r line 3', 2),
    time('c', 3, 'input x: y changed'),
    time('report', 4, 'parameter figures: 1 → 2'),
  ];
  const { changes, spans } = await runFacts(told([], times), noChanges);
  assert.equal(changes.reasons, [
    { text: 'lr 1 → 2, recipes.r line 3', steps: 2 },
    { text: 'their inputs are others', steps: 1 },
  ]);
  assert.is(spans.length, 5);
});

test('steps are told by group, and by kind where there are too many groups for a picture', async () => {
  const few = [step('a', 'A', 'init'), step('b1', 'B', 'svd', 'a'), step('b2', 'B', 'svd', 'b1', 'source')];
  const { groups } = await runFacts(told(few, [time('b1', 0, 'new'), time('b1', 2, 'new', 2)]), noChanges);
  assert.equal(groups, [
    { name: 'A', counts: { ran: 0, cached: 0, failed: 0, notRun: 1 }, seconds: 0, after: [] },
    { name: 'B', counts: { ran: 0, cached: 0, failed: 0, notRun: 2 }, seconds: 4, after: ['A'] },
  ]);
  const many = Array.from({ length: 9000 }, (_, index) =>
    step(`s${index}`, `G${index % 300}`, ['init', 'svd'][index % 2]!),
  );
  const aggregated = (await runFacts(told(many, []), noChanges)).groups;
  assert.equal(
    aggregated.map(({ name, counts }) => [name, counts.notRun]),
    [
      ['init', 4500],
      ['svd', 4500],
    ],
  );
});

test.run();
