import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Change, changedParams } from '../../../src/plan/changes.js';
import { EditEffects } from '../../../src/plan/edit-effects.js';
import { expand } from '../../../src/plan/expand.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { Step } from '../../../src/steps/step.js';
import { editLine, editText } from '../../../src/workflow/edits.js';
import type { LoadedWorkflow } from '../../../src/workflow/workflow.js';
import { writtenDocument } from '../../../src/workflow/written.js';
import { behaviourCases } from './behaviour-field-cases.js';
import { everyDefinition } from './every-definition.js';
import { cases } from './field-cases.js';
import { factsOf, workflowOf } from './keyed-plan.js';

/** A workflow after an edit of the list of schema fields, or the text after it. */
async function edited(edit: string): Promise<LoadedWorkflow> {
  const [from, to] = edit.split(' → ');
  if (to === undefined) return workflowOf(everyDefinition, { set: [edit] });
  assert.ok(everyDefinition.includes(from!), edit);
  return workflowOf(everyDefinition.replace(from!, () => to));
}

interface Edited {
  readonly plan: Plan;
  readonly file: string;
  readonly effects: EditEffects;
}

async function effectsOf(before: LoadedWorkflow, after: LoadedWorkflow): Promise<Edited> {
  const facts = factsOf(after);
  const plan = expand(after, facts);
  const { steps, sources } = plan;
  const file = resolve('fields.yaml');
  const then = before === base ? baseDocument : await writtenDocument(before.written);
  const now = await writtenDocument(after.written);
  const asked = <T>(workflow: T) => workflow;
  return {
    plan,
    file,
    effects: await EditEffects.of({ before: then!, after: now!, file, facts, steps, sources, asked }),
  };
}

/** What a step that is there before and after does otherwise by itself. */
function ownChanges(before: Step, after: Step): Change[] {
  const params = changedParams(before.params, after.params).map((path): Change => ({ what: 'parameter', path }));
  const names = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
  const inputs = [...names].flatMap((name): Change[] => {
    const [old, now] = [before.inputs[name], after.inputs[name]];
    if (old?.node === now?.node && old?.output === now?.output) return [];
    const digest = 'sha256:0' as const;
    return [
      { what: 'input', name, ...(old && { before: { ...old, digest } }), ...(now && { after: { ...now, digest } }) },
    ];
  });
  return [...params, ...inputs];
}

const base = await workflowOf(everyDefinition);
const basePlan = expand(base, factsOf(base));
const baseDocument = await writtenDocument(base.written);
const baseSteps = new Map(basePlan.steps.map((step) => [step.id, step]));

/** Texts of the edits behind all that steps do otherwise; a change that no edit is behind is one in square brackets. */
async function explained(edit: string): Promise<Set<string>> {
  const { plan, file, effects } = await effectsOf(base, await edited(edit));
  const texts = new Set<string>();
  for (const step of plan.steps) {
    const before = baseSteps.get(step.id);
    for (const change of before === undefined ? [] : ownChanges(before, step)) {
      const edits = effects.behind(step.id, change);
      for (const one of edits) texts.add(editLine(editText(one, file)));
      if (edits.length === 0) texts.add(`[${step.id} ${JSON.stringify(change)}]`);
    }
  }
  return texts;
}

test('whatever field of the schema is edited, each change of a step is told by that field, and by no other', async () => {
  const wrong: string[] = [];
  for (const [field, edit] of [...cases, ...behaviourCases]) {
    const texts = [...(await explained(edit))];
    const untold = texts.filter((text) => text.startsWith('['));
    // A mapping that is new is told by its whole path.
    const names = [fieldName(edit), `${edit.split('=')[0]} added`];
    const isOther = (text: string) => !edit.includes(' → ') && !names.some((name) => text.startsWith(name));
    const others = texts.filter((text) => !text.startsWith('[') && isOther(text));
    if (untold.length + others.length > 0)
      wrong.push(`${field}: ${edit}: ${[...untold.slice(0, 3), ...others].join(' | ')}`);
  }
  assert.equal(wrong, []);
});

/** The first word that tells of a `--set`: `lr` of `recipes.full.lr=0.01`. */
function fieldName(setting: string): string {
  const path = setting.slice(0, setting.indexOf('=')).split('.');
  return path[Math.min(2, path.length - 1)]!;
}

test.run();
