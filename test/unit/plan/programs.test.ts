import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { programsInUse } from '../../../src/plan/definitions-in-use.js';
import { expand } from '../../../src/plan/expand.js';
import type { ProgramFacts } from '../../../src/plan/facts.js';
import { resolveStep } from '../../../src/plan/resolve.js';
import { stepContracts } from '../../../src/steps/contracts.js';
import { factsOf, keysOf, moved, workflowOf } from './keyed-plan.js';

const lab = (command: string, more = '') => `runflow: 1
models: { base: { init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 20 } } }
metrics:
  tone: { kind: command, models: base, command: ${command} }
${more}`;

const command = '{ run: [python3, tone.py], files: [tone.py], version: [python3, --version] }';

async function stepWith(facts: ProgramFacts | undefined) {
  const workflow = await workflowOf(lab(command));
  const programs = facts === undefined ? new Map() : new Map([['metrics.tone', facts]]);
  const plan = expand(workflow, { ...factsOf(workflow), programs });
  return { plan, step: plan.steps.find(({ kind }) => kind === 'command-scores')! };
}

const situation = {
  declarations: stepContracts,
  sources: new Map(),
  deviceClass: 'none',
  lookUp: () => ({ status: 'absent' }) as const,
  forced: () => false,
};

test('what the version command prints is a parameter, and the files are a source', async () => {
  const { plan, step } = await stepWith({ files: ['tone.py'], version: 'Python 3.11.2' });
  assert.equal(step.params.program, { run: ['python3', 'tone.py'], version: 'Python 3.11.2' });
  assert.equal(step.inputs.program, { node: 'source[metrics.tone.command]', output: '*' });
  assert.equal(plan.sources.get('source[metrics.tone.command]'), { kind: 'program', name: 'metrics.tone' });
  assert.is(step.unknown, undefined);
});

test('a step whose version command may not run has no key, and says why', async () => {
  const { step } = await stepWith({ files: [], version: null });
  const known = new Map(Object.values(step.inputs).map(({ node }) => [node, {}]));
  const outcome = resolveStep(step, known, situation);
  assert.equal(outcome, {
    status: 'run',
    why: { type: 'unknown', because: 'its version command may not be run before the command is allowed' },
  });
});

test('only programs of definitions in use are run', async () => {
  const idle =
    'datasets: { some: { path: some.jsonl } }\nprofiles: { other: { metrics: { more: { kind: command, models: base, command: { run: [x] } } } } }\n';
  const names = async (profile?: string) =>
    programsInUse(await workflowOf(lab(command, idle), profile === undefined ? {} : { profile })).map(({ of }) => of);
  assert.equal(await names(), ['metrics.tone']);
  assert.equal(await names('other'), ['metrics.more', 'metrics.tone']);
});

test('how a number is written in an argument counts, the order of variables does not', async () => {
  const key = async (text: string) => keysOf(lab(text));
  const first = await key('{ run: [x, "1e-5"], env: [B_KEY, A_KEY] }');
  assert.equal(moved(first, await key('{ run: [x, "1e-5"], env: [A_KEY, B_KEY] }')), []);
  const other = moved(first, await key('{ run: [x, "0.00001"], env: [A_KEY, B_KEY] }'));
  assert.ok(other.includes('command-scores[tone,base]'), other.join());
});

test.run();
