/** A dashed line as legends show it: attributes of an SVG path, 34 wide, around y = 0. */
export const dashedSample = {
  d: 'M2,0H32',
  fill: 'none',
  'stroke-width': 1.4,
  'stroke-dasharray': '4 3',
} as const;
