import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';

const kinds = ['account', 'container', 'object', 'proxy'] as const;
const patienceMilliseconds = 60_000;

/** Rings of one device: where the proxy finds what it keeps. In one process, for each takes a second to begin. */
const makeRings = `
import sys
from swift.common.ring import RingBuilder
for kind, port in zip(sys.argv[1::2], sys.argv[2::2]):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': int(port), 'device': 'd1', 'weight': 1})
    builder.rebalance()
    builder.get_ring().save(kind + '.ring.gz')
`;

/** Why there is no OpenStack Swift to test with; undefined when there is. */
export function whyNoSwift(): string | undefined {
  const missing = kinds.map((kind) => `swift-${kind}-server`).find((name) => !existsSync(`/usr/bin/${name}`));
  return missing === undefined ? undefined : `there is no ${missing} (Debian: swift-${kinds.join(', swift-')})`;
}

/** OpenStack Swift with its S3 interface: a server of each kind on one disk, with ports and a folder of its own. */
export class Swift {
  readonly #folder: string;
  readonly #servers: ChildProcess[] = [];
  #endpoint = '';

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'runflow-swift-'));
    process.on('exit', () => {
      this.#kill();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** @param bucket is made */
  static async start(bucket: string): Promise<Swift> {
    const swift = new Swift();
    try {
      await swift.#start();
      await swift.#makeBucket(bucket);
      return swift;
    } catch (error) {
      const logs = kinds.map((kind) => join(swift.#folder, `${kind}.log`)).filter((file) => existsSync(file));
      const said = logs.map((file) => readFileSync(file, 'utf8')).join('');
      await swift.stop();
      throw new Error(`Swift did not start: ${said}`, { cause: error });
    }
  }

  get environment(): Readonly<Record<string, string>> {
    return { AWS_ENDPOINT_URL: this.#endpoint, AWS_ACCESS_KEY_ID: 'test:tester', AWS_SECRET_ACCESS_KEY: 'testing-key' };
  }

  async stop(): Promise<void> {
    const running = this.#servers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = running.map((server) => new Promise((resolve) => server.once('exit', resolve)));
    this.#kill();
    await Promise.all(ended);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #kill(): void {
    for (const server of this.#servers) server.kill('SIGKILL');
  }

  async #start(): Promise<void> {
    const folder = this.#folder;
    mkdirSync(join(folder, 'disks', 'd1'), { recursive: true });
    const hash = '[swift-hash]\nswift_hash_path_suffix = runflow\n[storage-policy:0]\nname = one\ndefault = yes\n';
    writeFileSync(join(folder, 'swift.conf'), hash);
    const ports = new Map(await Promise.all(kinds.map(async (kind) => [kind, await freePort()] as const)));
    this.#endpoint = `http://127.0.0.1:${ports.get('proxy')}`;
    const parts = [...ports].filter(([kind]) => kind !== 'proxy').flatMap(([kind, port]) => [kind, String(port)]);
    execFileSync('/usr/bin/python3', ['-c', makeRings, ...parts], { cwd: folder, stdio: 'pipe' });
    for (const [kind, port] of ports) {
      const file = join(folder, `${kind}.conf`);
      writeFileSync(file, configuration(kind, folder, port));
      const log = openSync(join(folder, `${kind}.log`), 'w');
      this.#servers.push(spawn(`/usr/bin/swift-${kind}-server`, [file], { cwd: folder, stdio: ['ignore', log, log] }));
    }
  }

  /** Also shows when all servers answer. */
  async #makeBucket(bucket: string): Promise<void> {
    const deadline = performance.now() + patienceMilliseconds;
    const url = `${this.#endpoint}/${bucket}`;
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = this.environment;
    for (;;) {
      const keys = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
      const { headers } = await new AwsV4Signer({
        ...keys,
        method: 'PUT',
        url,
        service: 's3',
        region: 'us-east-1',
        headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      }).sign();
      const answer = await fetch(url, { method: 'PUT', headers }).catch(() => undefined);
      if (answer?.ok) return;
      const ended = this.#servers.find(({ exitCode }) => exitCode !== null);
      if (ended !== undefined || performance.now() > deadline)
        throw new Error(`${url}: ${answer?.status ?? 'no answer'}`);
      await pause(100);
    }
  }
}

function configuration(kind: (typeof kinds)[number], folder: string, port: number): string {
  const common = ['[DEFAULT]', 'bind_ip = 127.0.0.1', `bind_port = ${port}`, `swift_dir = ${folder}`, 'workers = 0'];
  common.push(`user = ${userInfo().username}`);
  if (kind !== 'proxy') {
    common.push(`devices = ${join(folder, 'disks')}`, 'mount_check = false', 'disable_fallocate = true');
    common.push('[pipeline:main]', `pipeline = ${kind}-server`, `[app:${kind}-server]`, `use = egg:swift#${kind}`);
    return `${common.join('\n')}\n`;
  }
  const filters = ['catch_errors', 'gatekeeper', 'cache', 'listing_formats', 's3api', 'tempauth', 'slo', 'dlo'];
  filters.push('versioned_writes', 'symlink');
  const lines = filters.flatMap((name) => [
    `[filter:${name}]`,
    `use = egg:swift#${name === 'cache' ? 'memcache' : name}`,
  ]);
  common.push('[pipeline:main]', `pipeline = ${filters.join(' ')} proxy-server`, ...lines);
  // Settings of the filters must follow their own line.
  const text = common
    .join('\n')
    .replace('#memcache', '#memcache\nmemcache_servers = 127.0.0.1:1')
    .replace('#s3api', '#s3api\nlocation = us-east-1')
    .replace('#tempauth', '#tempauth\nuser_test_tester = testing-key .admin');
  // Else the proxy asks a server that began later than itself no more for a minute.
  const patience = 'error_suppression_limit = 1000000';
  return `${text}\n[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n${patience}\n`;
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
