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
