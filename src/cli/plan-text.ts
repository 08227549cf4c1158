import { printableLine } from '../diagnostics/printable.js';
import type { Reason } from '../plan/explain.js';
import { causeText, reasonText } from '../plan/explain-text.js';
import { commitName } from '../plan/hub-in-use.js';
import { omissionTexts } from '../plan/omission-text.js';
import type { HubDefinition } from '../plan/plan.js';
import { inAll, type JudgeRequests } from '../run/judge-requests.js';
import { type Planned, toFetch } from '../run/plan.js';
import type { Prepared } from '../run/prepare.js';
import { budgetWarning } from '../steps/judge-budget.js';
import type { Step } from '../steps/step.js';
import { programLines } from './program-lines.js';

/** The plan on a screen: a line a group of steps, with the reasons of those that will run, one example each. */
export function planText(name: string, prepared: Planned): string {
  const lines = [headline(name, prepared)];
  const groups = grouped(prepared.steps, (step) => step.group);
  const width = Math.max(0, ...[...groups.keys()].map((group) => group.length)) + 2;
  for (const [group, steps] of groups) {
    const toRun = steps.filter((step) => prepared.outcomes.get(step.id)?.status === 'run');
    const counts = [];
    if (steps.length > toRun.length) counts.push(cachedText(steps, prepared));
    if (toRun.length > 0) counts.push(`${toRun.length} to run`);
    lines.push(printableLine(`  ${group.padEnd(width)}${counts.join(', ')}`));
    for (const reason of reasonsInBrief(toRun, prepared)) lines.push(printableLine(`      ${reason}`));
  }
  return [...lines, ...notes(prepared), ''].join('\n');
}

/** One line a step. */
export function planTextOfEach(name: string, prepared: Planned): string {
  const lines = [headline(name, prepared)];
  for (const { id } of prepared.steps) {
    const reason = prepared.explainer.explain(id);
    const cached = `  cached  ${id}${reason.type === 'cached' && reason.remote ? ' (remote)' : ''}`;
    const text = reason.type === 'cached' ? cached : `  run     ${id}: ${reasonText(reason, { all: true })}`;
    lines.push(printableLine(text));
  }
  return [...lines, ...notes(prepared), ''].join('\n');
}

/** `3 cached`, `3 cached (2 remote)`, `3 cached (remote)`. */
function cachedText(steps: readonly Step[], { outcomes }: Prepared): string {
  const cached = steps.flatMap(({ id }) => {
    const outcome = outcomes.get(id);
    return outcome?.status === 'cached' ? [outcome] : [];
  });
  const remote = cached.filter((outcome) => outcome.remote).length;
  const count = remote < cached.length ? `${remote} ` : '';
  return `${cached.length} cached${remote === 0 ? '' : ` (${count}remote)`}`;
}

export function countsOf({ steps, outcomes }: Prepared): { cached: number; run: number } {
  const cached = steps.filter((step) => outcomes.get(step.id)?.status === 'cached').length;
  return { cached, run: steps.length - cached };
}

function headline(name: string, prepared: Prepared): string {
  const { cached, run } = countsOf(prepared);
  const known = prepared.plan.deferred.length > 0 ? ' known so far' : '';
  const { steps, deferred } = prepared.plan;
  const idle = steps.length === 0 && deferred.length === 0 ? ': the workflow measures nothing' : '';
  return printableLine(
    `${name}: ${cached + run} steps${known}, ${cachedText(prepared.steps, prepared)}, ${run} to run${idle}`,
  );
}

/** So many different reasons of one kind are told one by one; of more, there is an example. */
const mostReasonsOfAKind = 3;

/** Steps of a group mostly run for one and the same reason, which is told once, with how many steps have it. */
function reasonsInBrief(steps: readonly Step[], { explainer }: Prepared): string[] {
  const reasons = steps.map(({ id }) => ({ id, reason: explainer.explain(id) }));
  const lines: string[] = [];
  for (const alike of grouped(reasons, ({ reason }) => kindOf(reason)).values()) {
    const causes = grouped(alike, ({ reason }) => causeText(reason));
    if (causes.size > mostReasonsOfAKind) {
      const { id, reason } = alike[0]!;
      lines.push(`${alike.length} such as ${id}: ${reasonText(reason)}`);
      continue;
    }
    for (const [text, same] of causes) {
      const selfExplaining = text.startsWith('new') || text === 'forced';
      const which = same.length > 1 ? `${same.length}: ` : `${same[0]!.id}: `;
      lines.push(steps.length === same.length || selfExplaining ? text : `${which}${text}`);
    }
  }
  return lines;
}

function kindOf(reason: Reason): string {
  if (reason.type === 'changed') return `changed ${[...new Set(reason.changes.map(({ what }) => what))].join(' ')}`;
  return reason.type === 'pending' ? `pending ${reason.cause.type}` : reason.type;
}

function grouped<T>(items: readonly T[], groupOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(groupOf(item));
    if (group === undefined) groups.set(groupOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** What is not in the plan, and why. */
function notes(prepared: Planned): string[] {
  const { plan } = prepared;
  const lines = hubLines(toFetch(prepared));
  const names = new Map(plan.hub.map((definition) => [commitName(definition), nameOf(definition)]));
  const waiting = grouped(plan.deferred, ({ models }) => [...models].sort().join());
  for (const deferred of waiting.values()) {
    const needed = new Set(deferred[0]!.models);
    const needs = [...names].filter(([name]) => needed.has(name)).map(([, name]) => name);
    const whats = [...new Set(deferred.map(({ what }) => what))].join(', ');
    lines.push(
      printableLine(`  ${whats}: planned once ${needs.join(', ')} ${needs.length > 1 ? 'are' : 'is'} fetched`),
    );
  }
  for (const text of omissionTexts(plan.omitted)) lines.push(printableLine(`  left out of ${text}`));
  for (const { of, text } of plan.notes) lines.push(printableLine(`  ${of}: ${text}`));
  return [...lines, ...judgeLines(prepared.judges), ...commandLines(prepared)];
}

/** The programs of the user's that a run would start. */
function commandLines({ programs }: Planned): string[] {
  const lines = programs.all.flatMap((program) => programLines(program, programs.isAllowed(program)));
  return lines.length === 0 ? [] : ['  to start programs of yours:', ...lines.map((line) => `  ${line}`)];
}

/** What judges behind servers would be asked, a line each, and a line for all. */
function judgeLines(judges: readonly JudgeRequests[]): string[] {
  if (judges.length === 0) return [];
  const lines = judges.map((one) => {
    const sets = `${one.responseSets} ${one.responseSets === 1 ? 'set' : 'sets'} of responses`;
    const tokens = one.allowedTokens === null ? '' : `, ${counted(one.allowedTokens)} tokens allowed`;
    return `    ${one.judge}: ${sets}, ${questionsText(one)}${tokens}`;
  });
  const all = judges.length > 1 ? [`    in all: ${questionsText(inAll(judges))}`] : [];
  const warnings = judges.flatMap((one) => {
    const warning = budgetWarning(one);
    return warning === undefined ? [] : [`  warning: ${warning.message}`, `    hint: ${warning.hint}`];
  });
  return ['  to ask judges:', ...lines, ...all, ...warnings].map(printableLine);
}

function questionsText({ needed, kept, allowed }: Pick<JudgeRequests, 'needed' | 'kept' | 'allowed'>): string {
  const most = needed === null ? 'unknown how many needed' : `at most ${counted(needed)} needed`;
  return `questions: ${most}, ${counted(kept)} kept, ${allowed === null ? 'no limit' : `${counted(allowed)} allowed`}`;
}

function counted(count: number): string {
  return count.toLocaleString('en');
}

function hubLines(definitions: readonly HubDefinition[]): string[] {
  if (definitions.length === 0) return [];
  const width = Math.max(...definitions.map((definition) => nameOf(definition).length)) + 2;
  const lines = definitions.map((definition) => {
    const { repo, revision, commit, part } = definition;
    const what = `${repo}@${revision}${part === undefined ? '' : ` ${part}`}`;
    const state = commit === undefined ? 'not pinned yet' : `at ${commit.slice(0, 12)}`;
    return printableLine(`    ${nameOf(definition).padEnd(width)}${what}, ${state}`);
  });
  return ['  to fetch from the hub:', ...lines];
}

function nameOf({ kind, name }: HubDefinition): string {
  return `${kind}s.${name}`;
}
