import type { ReportPart } from '../../workflow/report.js';
import type { Section } from '../section.js';
import { activationsSection } from './activations.js';
import { anglesSection } from './angles.js';
import { behaviourSection } from './behaviour.js';
import { ckaSection } from './cka.js';
import { claimsSection } from './claims.js';
import { cosineSection } from './cosine.js';
import { dataSection } from './data.js';
import { energySection } from './energy.js';
import { lossSection } from './loss.js';
import { overlapSection } from './overlap.js';
import { realignSection } from './realign.js';
import { selectivitySection } from './selectivity.js';
import { spectrumSection } from './spectrum.js';
import { tradeOffSection } from './trade-off.js';

/** The section of each part that a workflow may ask for, in the order of the page. */
export const sections: { readonly [Part in ReportPart]: Section } = {
  claims: claimsSection,
  energy: energySection,
  behaviour: behaviourSection,
  'trade-off': tradeOffSection,
  selectivity: selectivitySection,
  overlap: overlapSection,
  activations: activationsSection,
  spectrum: spectrumSection,
  cosine: cosineSection,
  angles: anglesSection,
  cka: ckaSection,
  realign: realignSection,
  loss: lossSection,
  data: dataSection,
};
