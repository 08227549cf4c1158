import { energySection } from './energy-section.js';
import { overlapSection } from './overlap-section.js';
import type { Section } from './section.js';

/** Sections in the order of the page. A new subject is a file of its own and a line here. */
export const sections: readonly Section[] = [energySection, overlapSection];
