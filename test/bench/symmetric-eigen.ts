/** Seconds of the host's symmetric eigen-solver by size, on one thread and on all: `node dist/test/bench/symmetric-eigen.js [n…]`. */
import os from 'node:os';
import { tridiagonalEigen } from '../../src/linalg/host/divide-and-conquer.js';
import { thisThread } from '../../src/linalg/host/products.js';
import { ThreadTeam } from '../../src/linalg/host/thread-team.js';
import { applyReflectors, tridiagonalise } from '../../src/linalg/host/tridiagonal.js';
import { fillNormal } from '../../src/linalg/normal.js';
import { RandomStream } from '../../src/linalg/philox.js';

const team = new ThreadTeam(os.availableParallelism());
const sizes = process.argv.slice(2).map(Number);
for (const n of sizes.length > 0 ? sizes : [96, 256, 512, 1024]) {
  const random = new Float64Array(n * n);
  fillNormal(new RandomStream(1, 'bench'), random);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) random[j * n + i] = random[i * n + j]!;
  for (const products of [thisThread, team]) {
    const a = products.array(n * n);
    a.set(random);
    const times = [performance.now()];
    const reduced = tridiagonalise(a, n, products);
    times.push(performance.now());
    const { vectors } = tridiagonalEigen(reduced.diagonal, reduced.offDiagonal, products);
    times.push(performance.now());
    applyReflectors(reduced, vectors, n, products);
    times.push(performance.now());
    const [reduce, solve, back] = times.slice(1).map((time, i) => ((time - times[i]!) / 1000).toFixed(3));
    console.log(
      `n = ${n}, ${products === team ? 'all threads' : 'one thread'}: tridiagonalise ${reduce} s, divide and conquer ${solve} s, back-transform ${back} s`,
    );
  }
}
