import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import { globMatches } from '../../../src/plan/glob.js';
import { matchingSteps, selectTargets, unknownStep } from '../../../src/plan/targets.js';
import { sampleFacts, sampleWorkflow } from './sample-workflow.js';

const plan = expand(sampleWorkflow(), sampleFacts());
const selected = (...targets: string[]) => selectTargets(plan, targets).map((step) => step.id);

test('a star is any text, and brackets are brackets', () => {
  assert.ok(globMatches('svd[alignment,*q_proj*]')('svd[alignment,model.layers.0.self_attn.q_proj.weight]'));
  assert.not.ok(globMatches('svd[*]')('s'));
  assert.not.ok(globMatches('a.c')('abc'));
  assert.ok(globMatches('a?c')('abc'));
  assert.ok(globMatches('*.**')('.'));
  assert.not.ok(globMatches('*a?')('ba'));
  assert.ok(globMatches('*ab*b')('aabxabb'));
});

test('no target is everything', () => {
  assert.is(selected().length, plan.steps.length);
});

test('a step id selects the step and what it needs, in plan order', () => {
  assert.equal(selected('overlap[useful,alignment,norm]'), [
    'svd[alignment,norm]',
    'svd[useful,norm]',
    'overlap[useful,alignment,norm]',
  ]);
});

test('a pattern, a kind and a name of the workflow are targets too', () => {
  assert.equal(selected('svd[*,norm]'), ['svd[alignment,norm]', 'svd[useful,norm]']);
  assert.is(selected('svd').length, 4);
  assert.equal(
    selected('overlap').filter((id) => id.startsWith('energy')),
    [],
  );
  assert.is(selected('metrics.overlap').length, 4 + 2);
  assert.is(selected('parallel').filter((id) => id.startsWith('energy[')).length, 8);
  assert.is(selected('report').length, plan.steps.length);
});

test('a target that names nothing is a usage error that suggests the nearest name', () => {
  const failure = (target: string) => {
    try {
      selected(target);
    } catch (error) {
      return error as UsageError;
    }
    throw new Error('expected a usage error');
  };
  assert.instance(failure('paralel'), UsageError);
  assert.match(failure('paralel').hint!, 'parallel');
  assert.match(failure('svd[alignment,nrm]').hint!, 'svd[alignment,norm]');
  assert.is(failure('x').exitCode, 2);
});

test('what waits for a fetch is a target: it selects the fetch', () => {
  const models = {
    base: { kind: 'hub', repo: 'org/base', revision: 'main' },
    aligned: { kind: 'path', path: '/a' },
    useful: { kind: 'path', path: '/u' },
  } as const;
  const facts = sampleFacts();
  const deferred = expand(sampleWorkflow({ models }), {
    models: new Map([...facts.models].filter(([name]) => name !== 'base')),
    commits: new Map([['base', 'c0ffee']]),
  });
  for (const target of ['parallel', 'sweeps.parallel', 'report', 'svd[alignment,norm]']) {
    assert.equal(
      selectTargets(deferred, [target]).map(({ id }) => id),
      ['fetch[base]'],
      target,
    );
  }
  assert.is(matchingSteps(deferred, 'parallel').size, 0);
});

test('a step that is there already waits for no fetch', () => {
  const models = {
    base: { kind: 'hub', repo: 'org/base', revision: 'main' },
    aligned: { kind: 'hub', repo: 'org/aligned', revision: 'main' },
    useful: { kind: 'path', path: '/u' },
  } as const;
  const commits = new Map([
    ['base', 'c0ffee'],
    ['aligned', 'c0ffee'],
  ]);
  const useful = sampleFacts().models.get('useful')!;
  const plan = expand(sampleWorkflow({ models }), { models: new Map([['useful', useful]]), commits });
  const ids = (target: string) => selectTargets(plan, [target]).map(({ id }) => id);
  assert.equal(ids('fetch[aligned]'), ['fetch[aligned]']);
  assert.equal(ids('fetch[*]').sort(), ['fetch[aligned]', 'fetch[base]']);
});

test('a pattern of many stars comes to an end on a name that it does not match', () => {
  assert.not.ok(globMatches(`${'*a'.repeat(40)}b`)('a'.repeat(200)));
});

test('what names no step is answered with the nearest name, wherever it was given', () => {
  assert.is(unknownStep(plan, 'svdd', '--force=svdd').message, '--force=svdd names no step of this workflow');
  assert.is(unknownStep(plan, 'svdd', '').hint, 'Did you mean svd?');
  assert.is(unknownStep(plan, 'svd[alignmnt,norm]', '').hint, 'Did you mean svd[alignment,norm]?');
  assert.is(
    unknownStep(plan, 's\u0475d', '').hint,
    'Did you mean svd? It may look the same: where yours has U+0475, that one has U+0076.',
  );
  assert.is(unknownStep(plan, 'quite another', '').hint, 'See runflow plan FILE --all for the names.');
});

test.run();
