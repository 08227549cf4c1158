import { listedNames } from '../../diagnostics/listed-names.js';
import { type Html, html } from '../html.js';
import { durationText } from './duration.js';
import { groupGraph, groupTable } from './group-graph.js';
import { runPlaces } from './places.js';
import type { Changes, RunFacts } from './run-facts.js';
import { timeline } from './timeline.js';
import { verdictChanges } from './verdicts.js';

/** Reasons and files that the page names. */
const mostNamed = 12;

/**
 * A report with what its run adds: a function of the two. Only texts and figures are added: no script, no style.
 * @throws Error when the page has no place for it: it is of another version
 */
export function withRunPart(page: string, facts: RunFacts): string {
  const parts = [
    [runPlaces.summary, summary(facts)],
    [runPlaces.contents, html`<li><a href="#run">This run</a></li>`],
    [runPlaces.details, details(facts)],
  ] as const;
  return parts.reduce((text, [place, { markup }]) => {
    const [before, after, ...others] = text.split(place);
    if (after === undefined || others.length > 0) throw new Error(`the report has not one ${place}`);
    return `${before}${markup}${after}`;
  }, page);
}

function summary(facts: RunFacts): Html {
  return html`<h3>What changed</h3>${changes(facts.changes, facts)}`;
}

function changes({ since, reasons, files, claims }: Changes, { counts }: RunFacts): Html {
  if (counts.ran === 0) {
    return html`<p>Nothing ran: all ${counts.cached} steps were in the store.</p>`;
  }
  const ran = html`${counts.ran} ${counts.ran === 1 ? 'step' : 'steps'} ran, ${counts.cached} were in the store`;
  if (since === undefined) return html`<p>These are the first results in this folder: ${ran}.</p>`;
  const verdicts = claims === undefined ? undefined : verdictChanges(claims.before, claims.now);
  return html`<p>Since the results of <time datetime="${since}">${dateText(new Date(since))}</time>: ${ran}.</p>
    <ul>
    ${verdicts?.map(({ claim, before, now }) => html`<li>Claim <b>${claim}</b>: ${before} → <b>${now}</b></li>`)}
    ${verdicts?.length === 0 && html`<li>No verdict changed.</li>`}
    <li>${files.length === 0 ? 'No table changed.' : `Other content: ${listedNames(files, mostNamed)}.`}</li>
    ${reasons.slice(0, mostNamed).map(({ text, steps }) => html`<li>${steps} ${steps === 1 ? 'step' : 'steps'}: ${text}</li>`)}
    ${reasons.length > mostNamed && html`<li>and ${reasons.length - mostNamed} other reasons</li>`}
    </ul>`;
}

function details(facts: RunFacts): Html {
  const { groups, spans, workflow } = facts;
  return html`<section id="run"><h2>This run</h2>
<dl>
<dt>Started</dt><dd><time datetime="${facts.started.toISOString()}">${dateText(facts.started)}</time>, took ${durationText(facts.seconds)}</dd>
<dt>Run</dt><dd><code>${facts.run}</code></dd>
<dt>Workflow file</dt><dd><code>${workflow.file}</code></dd>
<dt>Repository</dt><dd>${repositoryText(facts)}</dd>
${facts.device !== undefined && html`<dt>Device</dt><dd>${facts.device}</dd>`}
<dt>Versions</dt><dd>${Object.entries(facts.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}</dd>
${facts.hub.map(({ name, repo, commit }) => html`<dt>From the hub: ${name}</dt><dd>${repo} at <code>${commit}</code></dd>`)}
</dl>
<h3>Steps</h3>
${groupGraph(groups)}
<p class="note">A box is a group of steps. “Stored” steps were done before; their results are taken from the store.</p>
<details><summary>The same as a table</summary>${groupTable(groups)}</details>
<h3>Timeline</h3>
${spans.length === 0 ? html`<p>Nothing ran.</p>` : timeline(spans, facts.seconds)}
<p class="note">Every step: <a href="${facts.timeline}">timeline.json</a>, for Perfetto or about:tracing.</p>
<h3>How to reproduce</h3>
<pre tabindex="0"><code>${facts.command}</code></pre>
<p class="note">In the folder of the workflow, at the commit and with the versions above. What comes from the hub is pinned by the lock file
beside the workflow. The same device class gives the same bytes.</p>
<details><summary>${
    workflow.isApplied
      ? 'The workflow as it was run: includes, profile, settings and parameters applied'
      : 'The workflow’s file as it was read; the page of each cell has it with everything applied'
  }</summary>
<pre tabindex="0"><code>${workflow.text}</code></pre></details>
</section>`;
}

function repositoryText({ repository }: RunFacts): Html {
  if (repository === undefined) return html`none: the workflow is in no git repository`;
  const states: Readonly<Record<string, string>> = {
    clean: 'without changes',
    changed: 'with changes that are not committed',
    untracked: 'but the workflow’s file is not committed',
    unknown: 'git did not say whether there are changes',
  };
  return html`commit <code>${repository.commit}</code>, ${states[repository.state] ?? repository.state}`;
}

/** A time in UTC, so that a page says the same everywhere. */
function dateText(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
