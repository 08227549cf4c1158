import { textWidth } from './text-width.js';

/** A horizontal line to compare with, named at its right end. */
export interface Level {
  readonly y: number;
  readonly name: string;
}

/**
 * Heights at which the names of levels stand: each at its line where there is room, else moved by as little as keeps
 * `gap` between neighbours. Heights grow downwards, from `top` to `bottom`.
 */
export function labelHeights(heights: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]! || a - b);
  const placed = [...heights];
  let next = top;
  for (const index of order) {
    placed[index] = Math.max(placed[index]!, next);
    next = placed[index]! + gap;
  }
  let last = bottom;
  for (const index of order.toReversed()) {
    placed[index] = Math.min(placed[index]!, last);
    last = placed[index]! - gap;
  }
  return placed;
}

/** Pixels that names beside the axes may take, at least and at most. */
const nameRoom = { least: 76, most: 200 };

/** Pixels that names beside the axes take in letters of so many pixels; whoever draws them cuts what does not fit. */
export function nameMargin(names: readonly string[], letterSize: number): number {
  const longest = names.reduce((most, name) => Math.max(most, textWidth(name) * letterSize), 0);
  return Math.ceil(Math.max(nameRoom.least, Math.min(nameRoom.most, longest)));
}
