/** Entry point of the thread that computes for HostCompute: one request after another, with a team of threads. */
import os from 'node:os';
import { parentPort } from 'node:worker_threads';
import { inverseCholesky } from './cholesky.js';
import type { HostReply, HostRequest } from './compute.js';
import { hostGram } from './gram.js';
import { squaredCosines } from './principal-angles.js';
import { randomisedBasis } from './randomised-basis.js';
import { symmetricEigen } from './symmetric-eigen.js';
import { ThreadTeam } from './thread-team.js';

/** More threads than this wait for memory, not for arithmetic. */
const mostThreads = 8;
const team = new ThreadTeam(Math.min(os.availableParallelism(), mostThreads));

function shared(values: Float64Array): Float64Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const array = team.array(values.length);
  array.set(values);
  return array;
}

function compute(request: HostRequest): HostReply['result'] {
  switch (request.operation) {
    case 'gram':
      return hostGram(request.a, request.rows, request.columns, team);
    case 'eigen':
      return symmetricEigen(shared(request.a), request.n, team);
    case 'inverse-cholesky':
      return inverseCholesky(shared(request.a), request.n, team);
    case 'squared-cosines':
      return squaredCosines(shared(request.a), request.n, request.left, team);
    case 'randomised-basis':
      return randomisedBasis(request.s, request.a, request.iterations, team);
  }
}

parentPort!.on('message', (request: HostRequest) => {
  let reply: HostReply;
  try {
    reply = { id: request.id, result: compute(request) };
  } catch (error) {
    reply = { id: request.id, error: error as Error };
  }
  parentPort!.postMessage(reply);
});
