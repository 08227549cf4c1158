/** Options of `plan` that are about costs. */
export const estimateOptions = {
  estimate: { description: 'Say what the run will cost: asks the hub for headers of models, a few kilobytes each' },
  device: { description: 'Estimate for a device of published figures instead of this one', value: 'NAME' },
  assume: {
    description:
      'Take a number that is not known yet: row-tokens=N, prompt-tokens=N, response-tokens=N, DATASET.rows=N',
    value: 'NAME=N',
    multiple: true,
  },
} as const;
