import type { Section } from '../section.js';
import { activationsSection } from './activations.js';
import { behaviourSection } from './behaviour.js';
import { claimsSection } from './claims.js';
import { dataSection } from './data.js';
import { energySection } from './energy.js';
import { lossSection } from './loss.js';
import { overlapSection } from './overlap.js';
import { selectivitySection } from './selectivity.js';

/** Sections in the order of the page. A new subject is a file of its own and a line here. */
export const sections: readonly Section[] = [
  claimsSection,
  energySection,
  behaviourSection,
  selectivitySection,
  overlapSection,
  activationsSection,
  lossSection,
  dataSection,
];
