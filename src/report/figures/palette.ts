/**
 * How series are told apart: by colour and by the shape of their points, so that a reader who sees no colours, and a
 * black-and-white print, can follow them too. Hues follow Okabe and Ito (https://jfly.uni-koeln.de/color/), darkened
 * or lightened to at least 3:1 contrast on the page's background in each scheme.
 */
export const seriesColors: readonly { readonly light: string; readonly dark: string }[] = [
  { light: '#0069a8', dark: '#5ab4f0' },
  { light: '#c44e00', dark: '#ff9a57' },
  { light: '#00785a', dark: '#2dcf9f' },
  { light: '#a8447f', dark: '#eb94cd' },
  { light: '#8a6d00', dark: '#e3c04a' },
  { light: '#4a5560', dark: '#c3ccd6' },
];

export const background = { light: '#ffffff', dark: '#14181d' } as const;

/** Colours of the page and of what figures are drawn with, by their variables. */
export const theme = {
  light: {
    '--background': background.light,
    '--text': '#1b2026',
    '--muted': '#59636e',
    '--line': '#d9dee3',
    '--grid': '#e9edf0',
    '--axis': '#7a848f',
    '--link': '#0a5ea8',
    '--heat': '#0069a8',
    '--heat-negative': '#c44e00',
    '--cell-empty': '#f1f4f6',
    '--shade': '#f1f4f6',
    '--edge': '#1b202647',
    ...seriesVariables('light'),
  },
  dark: {
    '--background': background.dark,
    '--text': '#e7ebef',
    '--muted': '#a3adb8',
    '--line': '#313a44',
    '--grid': '#262e37',
    '--axis': '#8b96a2',
    '--link': '#7cc0ff',
    '--heat': '#5ab4f0',
    '--heat-negative': '#ff9a57',
    '--cell-empty': '#1d242b',
    '--shade': '#1d242b',
    '--edge': '#000000b0',
    ...seriesVariables('dark'),
  },
} as const;

function seriesVariables(scheme: 'light' | 'dark'): Readonly<Record<string, string>> {
  return Object.fromEntries(seriesColors.map((color, index) => [`--series-${index}`, color[scheme]]));
}

const symbols = ['circle', 'square', 'triangle', 'diamond', 'wye', 'star', 'cross'] as const;

export interface SeriesLook {
  /** A CSS colour that follows the reader's colour scheme. */
  readonly color: string;
  readonly symbol: (typeof symbols)[number];
}

/** Look of the n-th series. Six colours and seven shapes: 42 series before a pair repeats. */
export function seriesLook(index: number): SeriesLook {
  return {
    color: `var(--series-${index % seriesColors.length})`,
    symbol: symbols[index % symbols.length]!,
  };
}

/** Class of all marks of a series in a figure, and what its name in the legend refers to. Series of one look are one. */
export function seriesClass({ color, symbol }: SeriesLook): string {
  return `series-of-${color.replace(/^var\(--|\)$|[^\w-]/g, '')}-${symbol}`;
}
