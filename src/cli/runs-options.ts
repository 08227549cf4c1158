/** Options of `runflow runs`, and of `runflow cache runs`, which is the same. */
export const runsOptions = {
  tag: { description: 'Only runs with this tag', value: 'NAME', multiple: true },
  state: {
    description: 'Only runs that are done, failed, interrupted, running or killed',
    value: 'STATE',
    completes: ['done', 'failed', 'interrupted', 'running', 'killed'],
  },
  newest: { description: 'Only so many', value: 'N' },
  metric: { description: 'Show metrics that match, such as utility or utility[useful]', value: 'PATTERN' },
  json: { description: 'Print one JSON object' },
} as const;
