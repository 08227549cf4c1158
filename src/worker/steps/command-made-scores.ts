/** The step writes the model as a folder whichever way it is made: see command-scores. */
export { scoreByProgram as scoreMadeByProgram } from './command-scores.js';
