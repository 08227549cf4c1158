import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { CommandScoresParams } from '../../steps/command-scores.js';
import { recipeContract } from '../../steps/recipes/registry.js';
import type { Input } from '../../steps/step.js';
import type { CommandMetric } from '../../workflow/metrics/command.js';
import type { BehaviourPlan } from './kind.js';
import type { ScoredModel } from './scored-model.js';

export const command: BehaviourPlan<CommandMetric> = {
  items: ({ takes }) => takes.includes('responses'),
  score(metric, subject) {
    const { takes, on, limit, prompt, scores, bounds } = metric;
    const { params: program, inputs: files, more } = subject.program(metric.command);
    const given = givenInputs(metric, subject);
    const inputs: Record<string, Input> = { ...files, ...given.inputs };
    const takesModel = takes.includes('model');
    if (takesModel) {
      checkWritable(metric, subject);
      Object.assign(inputs, subject.model.inputs);
    }
    if (on !== null) inputs.rows = subject.rows(on);
    if (takes.includes('responses')) inputs.responses = responsesOf(metric, subject);
    const params: CommandScoresParams = {
      program,
      ...(takesModel && { model: subject.model.model }),
      ...(takes.includes('responses') && { prompt }),
      ...(takes.includes('rows') && { rows: { limit } }),
      ...(Object.keys(given.kinds).length > 0 && { with: given.kinds }),
      scores,
      ...(bounds !== null && { bounds }),
    };
    const kind = takesModel && subject.model.model.kind !== 'whole' ? 'command-made-scores' : 'command-scores';
    return subject.score(kind, params, inputs, more);
  },
};

function responsesOf({ prompt, template, limit, maxTokens, stop }: CommandMetric, subject: ScoredModel): Input {
  return subject.responses({ prompts: { column: prompt, template }, limit, maxTokens, stop, sampling: null });
}

function givenInputs({ inputs }: CommandMetric, subject: ScoredModel) {
  const entries = Object.entries(inputs);
  return {
    kinds: Object.fromEntries(entries.map(([name, input]) => [name, 'model' in input ? 'model' : 'dataset'] as const)),
    inputs: Object.fromEntries(
      entries.map(([name, input]) => [
        `with/${name}`,
        'model' in input ? subject.written(input.model) : subject.rows(input.dataset),
      ]),
    ),
  };
}

/** A folder cannot say what is added to a residual stream: the program would be given another model. */
function checkWritable({ name, range }: CommandMetric, { model }: ScoredModel): void {
  if (!recipeContract(model.model).unwritable) return;
  const message = `metric ${name} cannot give ${model.origin.name} with a shifted residual stream to its command: no folder says what is added`;
  const hint = 'Take responses in place of model, or measure another model.';
  throw new InvalidWorkflowError([{ severity: 'error', code: 'unwritable-model', message, range, hint }]);
}
