import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import type { Reason } from '../plan/explain.js';
import { causeText, reasonText } from '../plan/explain-text.js';
import { matchingSteps, unknownStep } from '../plan/targets.js';
import type { Prepared } from '../run/prepare.js';
import type { Step } from '../steps/step.js';
import { type MapNode, nodeAt } from '../workflow/document.js';
import { nodeText } from '../workflow/fields.js';
import { writtenDocument } from '../workflow/written.js';
import type { Command } from './command.js';
import { print, printJson } from './output.js';
import { planOptions, preparedFor } from './prepared.js';

export const command: Command = {
  name: 'explain',
  usage: 'FILE STEP…',
  summary: 'Say of single steps why they are cached or run, and what goes into them',
  positionals: { min: 2, max: Number.POSITIVE_INFINITY },
  completes: ['workflow', 'target'],
  options: { ...planOptions, json: { description: 'Print one JSON array' } },
  details: [
    "STEP is what a TARGET of runflow plan is: a name, a kind, or a pattern such as 'svd[alignment,*q_proj*]'.",
    'Steps that run for one and the same reason are told together. --json has the parameters that the planner passes to a step.',
  ].join('\n'),
  async run(invocation) {
    const patterns = invocation.positionals.slice(1);
    const prepared = await preparedFor(invocation, []);
    const wanted = new Set<string>();
    for (const pattern of patterns) {
      const found = matchingSteps(prepared.plan, pattern);
      if (found.size === 0) throw unknownStep(prepared.plan, pattern, pattern);
      for (const id of found) wanted.add(id);
    }
    const steps = prepared.steps.filter(({ id }) => wanted.has(id));
    if (invocation.switch('json')) {
      printJson(steps.map((step) => description(step, prepared)));
    } else {
      print(textOfAll(steps, prepared, await documentsOf(steps, prepared)));
    }
    return exitCodes.done;
  },
};

type PreparedStudy = Awaited<ReturnType<typeof preparedFor>>;

/** Documents as they are written, by the steps that a cell of them has. */
type Documents = ReadonlyMap<string, MapNode | undefined>;

/** What is the same in several cells is defined alike in them: the first of them is read. */
async function documentsOf(steps: readonly Step[], { plan, study }: PreparedStudy): Promise<Documents> {
  const wanted = new Set(steps.map(({ id }) => id));
  const documents = new Map<string, MapNode | undefined>();
  for (const [index, { nodes }] of plan.cells.entries()) {
    const own = [...nodes.values()].filter((id) => wanted.has(id) && !documents.has(id));
    if (own.length === 0) continue;
    const document = await writtenDocument(study.cells[index]!.workflow.written);
    for (const id of own) documents.set(id, document);
  }
  return documents;
}

/** The step's own changes, each a field of the workflow where one is behind it. */
function changesOf(reason: Reason) {
  return reason.type === 'changed' || reason.type === 'pending' ? reason.changes : [];
}

/** Steps that are cached, or run for one and the same reason, are one block; what a step alone says is told in full. */
function textOfAll(steps: readonly Step[], prepared: Prepared, documents: Documents): string {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const cause = causeText(prepared.explainer.explain(step.id));
    groups.set(cause, [...(groups.get(cause) ?? []), step]);
  }
  return [...groups]
    .map(([cause, same]) => {
      if (same.length === 1) return text(same[0]!, prepared, documents.get(same[0]!.id));
      const status = prepared.outcomes.get(same[0]!.id)!.status;
      const shown = same.slice(0, shownSteps).map(({ id }) => `  ${id}`);
      const more = same.length - shown.length;
      const head = `${same.length} steps: ${status === 'cached' ? 'cached' : `will run: ${cause}`}`;
      return `${[head, ...shown, ...(more > 0 ? [`  and ${more} more (--json lists all)`] : [])].map(printableLine).join('\n')}\n`;
    })
    .join('');
}

function description(step: Step, { outcomes, explainer }: Prepared) {
  const { id, kind, params, origin } = step;
  const outcome = outcomes.get(id)!;
  const known = outcome.fingerprint;
  return {
    id,
    kind,
    status: outcome.status,
    reason: reasonText(explainer.explain(id), { all: true }),
    changes: changesOf(explainer.explain(id)),
    key: outcome.key ?? null,
    revision: known?.revision ?? null,
    deviceClass: known?.deviceClass ?? null,
    origin: origin ?? null,
    params,
    inputs: known?.inputs ?? step.inputs,
    outputs: outcome.status === 'cached' ? outcome.outputs : null,
  };
}

/** The definition as it was written, on one line; nothing where the name is none of a definition. */
function definitionText(name: string, document: MapNode | undefined): string {
  const node = document === undefined ? undefined : nodeAt(document, name.split('.'));
  if (node === undefined) return '';
  const written = nodeText(node);
  return `: ${written.length > shownCharacters ? `${written.slice(0, shownCharacters)}…` : written}`;
}

function text(step: Step, prepared: Prepared, document: MapNode | undefined): string {
  const { status, reason, key, revision, deviceClass, origin } = description(step, prepared);
  const lines = [`${step.id}: ${status === 'cached' ? 'cached' : `will run: ${reason}`}`];
  if (origin !== null) lines.push(`  asked for by  ${origin}${definitionText(origin, document)}`);
  if (revision !== null) lines.push(`  revision      ${revision} of ${step.kind}`);
  if (deviceClass !== null) lines.push(`  device        ${deviceClass}`);
  lines.push(`  key           ${key ?? 'known when its inputs are'}`);
  const known = prepared.outcomes.get(step.id)?.fingerprint?.inputs;
  for (const [name, { node, output }] of Object.entries(step.inputs).slice(0, shownInputs)) {
    lines.push(
      `  input         ${name}: ${output} of ${node}${known === undefined ? '' : ` (${known[name]!.digest})`}`,
    );
  }
  const more = Object.keys(step.inputs).length - shownInputs;
  if (more > 0) lines.push(`  and ${more} more inputs (--json lists all)`);
  return `${lines.map(printableLine).join('\n')}\n`;
}

const shownInputs = 12;
const shownSteps = 5;
const shownCharacters = 200;
