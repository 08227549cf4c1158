/** How commands that look back name a run, for their help. */
export const runNames =
  'RUN is an id, the beginning of one, a tag, or last, last~1, … for the newest run, the one before it, …';

/** The option that narrows down what `last` and the other names of runs mean. */
export const ofOption = {
  of: { description: 'Count only runs of this workflow (its name or file)', value: 'WORKFLOW' },
} as const;
