import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutTrainingSeed } from '../../../src/plan/training-seeds.js';
import { behaviourCases, noEffect, noValueOfTheirOwn } from './behaviour-field-cases.js';
import { everyDefinition } from './every-definition.js';
import { cases } from './field-cases.js';
import { type Keyed, keysOf, moved } from './keyed-plan.js';

/**
 * The kinds of steps that an edit concerns itself: whose parameters or wiring it changes, or that read a source it
 * changes. All that comes after them moves too.
 */
function concerned(before: Map<string, Keyed>, after: Map<string, Keyed>): string {
  const kinds = new Set<string>();
  const others = new Set(moved(before, after));
  const text = (step: Keyed['step'] | undefined) =>
    JSON.stringify([step?.params, step?.inputs]).replaceAll(/"training_seed=\d+\//g, '"');
  for (const id of others) {
    const { step } = after.get(id)!;
    const differs = text(before.get(withoutTrainingSeed(id))?.step) !== text(step);
    const passedOn = Object.values(step.inputs).some(({ node }) => others.has(node));
    if (differs || !passedOn) kinds.add(step.kind);
  }
  // The report and its figures tell of every definition.
  const ofReport = ['figures', 'report', 'tables'];
  if ([...kinds].some((kind) => !ofReport.includes(kind))) for (const kind of ofReport) kinds.delete(kind);
  return [...kinds].sort().join(' ');
}

/** Everything that a property of the schema may be called: `<definition>.<property>`, deeper ones with more points. */
function schemaFields(): string[] {
  interface Schema {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly $defs?: Readonly<Record<string, Schema>>;
  }
  const schema = JSON.parse(
    readFileSync(new URL('../../../../schema/workflow.schema.json', import.meta.url), 'utf8'),
  ) as Schema;
  const fields: string[] = [];
  const pending: [string, Schema][] = [
    ['', schema],
    ...Object.entries(schema.$defs ?? {}).filter(([name]) => name !== 'sections'),
  ];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [name, property] of Object.entries(next[1].properties ?? {})) {
      const field = next[0] === '' ? name : `${next[0]}.${name}`;
      fields.push(field);
      pending.push([field, property]);
    }
  }
  return fields.sort();
}

const allCases = [...cases, ...behaviourCases];
const before = await keysOf(everyDefinition);

async function edited(edit: string): Promise<Map<string, Keyed>> {
  const [from, to] = edit.split(' → ');
  if (to === undefined) return keysOf(everyDefinition, { set: [edit] });
  assert.ok(everyDefinition.includes(from!), edit);
  return keysOf(everyDefinition.replace(from!, () => to));
}

test('every field of the schema is spoken for', () => {
  const spokenFor = new Set([...allCases, ...noEffect].map(([field]) => field).concat(noValueOfTheirOwn));
  const fields = schemaFields();
  assert.ok(fields.length > 200);
  assert.equal(
    fields.filter((field) => !spokenFor.has(field)),
    [],
  );
  assert.equal(
    [...spokenFor].filter((field) => !fields.includes(field)),
    [],
  );
});

test('a change of a field moves the keys of the steps it concerns, and only theirs and of what comes after', async () => {
  for (const [field, edit, kinds] of allCases)
    assert.is(concerned(before, await edited(edit)), kinds, `${field}: ${edit}`);
});

test('a field without an effect moves no key', async () => {
  for (const [field, edit, why] of noEffect) {
    const after = await edited(edit);
    const ids = moved(before, after).filter((id) => !['figures', 'tables', 'report'].includes(id));
    assert.equal(ids, [], `${field}: ${edit} (${why})`);
    assert.equal([...after.keys()], [...before.keys()], edit);
  }
});

test.run();
