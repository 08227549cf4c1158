import { alongUpdates } from '../evaluation.js';
import { type Html, html } from '../html.js';
import type { ReportInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy } from '../statistics.js';
import { readResult } from '../tables/result-rows.js';
import { mostCharacters, mostItems, sampleColumns } from '../tables/samples.js';
import { seedSuffix } from '../training-seeds.js';
import { significantText } from '../wording.js';

/** What whole models answered to the first prompts of a metric, folded away: texts may be long, and harmful. */
export function behaviourSamples(metric: string, input: ReportInput): Html | undefined {
  if (!input.files.has('samples.csv')) return undefined;
  const own = readResult(input.files, 'samples.csv', sampleColumns).filter((row) => row.metric === metric);
  if (own.length === 0) return undefined;
  const style = new SeriesStyle(input.params.style);
  const prompts = [...groupBy(own, ({ item }) => String(item)).values()].map((answers) => {
    const said = alongUpdates(answers, input).map((row) => {
      const { response, score } = row;
      const model = `${style.called(row.model)}${seedSuffix(row)}`;
      const text = score === null ? 'invalid' : significantText(score);
      return html`<div class="answer" data-model="${model}" data-score="${text}"><dt>${model} <small>${text}</small></dt>
        <dd class="response">${response}</dd></div>`;
    });
    return html`<div class="sample"><h5>Prompt ${answers[0]!.item + 1}</h5><p class="prompt">${answers[0]!.prompt}</p>
      <dl>${said}</dl></div>`;
  });
  const items = `items/${metric}.jsonl`;
  const all = input.params.linked.includes(items) && html` All of them, whole: <a href="${items}">${items}</a>.`;
  return html`<details class="samples"><summary>What the models said: prompts and responses of ${style.calledMetric(metric)}</summary>
    <p class="note">At most ${mostItems} prompts, the first ones, and ${mostCharacters} characters of a text; a longer one
    lacks its middle (…). Beside each model is its score.${all}</p>
    ${prompts}</details>`;
}
