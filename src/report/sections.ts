import { activationsSection } from './activations-section.js';
import { behaviourSection } from './behaviour-section.js';
import { claimsSection } from './claims-section.js';
import { dataSection } from './data-section.js';
import { energySection } from './energy-section.js';
import { lossSection } from './loss-section.js';
import { overlapSection } from './overlap-section.js';
import type { Section } from './section.js';
import { selectivitySection } from './selectivity-section.js';

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
