import { alongUpdates } from '../evaluation.js';
import { type Html, html } from '../html.js';
import { plainHead, scrollingTable } from '../html-table.js';
import type { ReportInput } from '../section.js';
import { groupBy } from '../statistics.js';
import { readTable } from '../tables/csv.js';
import { sampleColumns } from '../tables/samples.js';
import { significantText } from '../wording.js';

/** What whole models answered to the first prompts of a metric, folded away: texts may be long, and harmful. */
export function behaviourSamples(metric: string, input: ReportInput): Html | undefined {
  const csv = input.files.get('samples.csv');
  if (csv === undefined) return undefined;
  const rows = readTable(csv, sampleColumns);
  const own = rows.filter((row) => row.metric === metric);
  if (own.length === 0) return undefined;
  const body = [...groupBy(own, ({ item }) => String(item)).values()].flatMap((answers) =>
    alongUpdates(answers, input).map(
      ({ model, prompt, response, score }, index) => html`<tr class="${index === 0 ? 'group' : ''}">
        ${index === 0 && html`<th scope="rowgroup" rowspan="${answers.length}" class="sample">${prompt}</th>`}
        <td class="text">${model}</td><td class="text sample">${response}</td>
        <td>${score === null ? 'invalid' : significantText(score)}</td></tr>`,
    ),
  );
  const head = plainHead([{ text: 'prompt' }, { text: 'model' }, { text: 'response' }, 'score']);
  return html`<details class="samples"><summary>What the models said: the first prompts of ${metric}</summary>
    ${scrollingTable(`What the models said, ${metric}`, head, body)}</details>`;
}
