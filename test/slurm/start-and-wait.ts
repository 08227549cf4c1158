/** Starts a lab, prints its folder, and waits to be killed. */
import { SlurmLab } from './lab.js';

const lab = await SlurmLab.start({ nodes: 1 });
console.log(lab.folder);
setInterval(() => {}, 1_000_000);
