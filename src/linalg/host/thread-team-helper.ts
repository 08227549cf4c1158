/** Entry point of a helper thread of a ThreadTeam. */
import { parentPort, workerData } from 'node:worker_threads';
import { serveTeam } from './thread-team.js';

serveTeam(workerData as Int32Array, parentPort!);
