import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import { type LabDaemon, LabHost } from './host.js';

/** What the lab needs on this machine. Daemons lie in folders that the PATH of a user does not name. */
const programs = ['slurmctld', 'slurmd', 'munged', 'sbatch', 'squeue', 'scancel', 'unshare', 'nsenter'];
const daemonFolders = ['/usr/sbin', '/sbin'];
const startMilliseconds = 60_000;

export interface LabOptions {
  readonly nodes: number;
  /** Processors that each node says it has: how many runners of one processor fit. */
  readonly cpus?: number;
  /** Lines of slurm.conf beside the lab's own. */
  readonly settings?: readonly string[];
  /** Shell text that runs on a node before its daemon, by index. */
  readonly setup?: Readonly<Record<number, string>>;
}

/** Why no Slurm can be started here; undefined when one can. */
export function slurmMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'a Slurm of several nodes on one machine needs root, for its namespaces';
  const found = (program: string) =>
    execaSync('which', [program], { reject: false, env: { PATH: labPath() } }).exitCode === 0;
  const missing = programs.filter((program) => !found(program));
  if (missing.length > 0) return `there is no ${missing.join(', ')} on the PATH to start a Slurm with`;
  const { exitCode, stderr } = execaSync('unshare', ['--uts', '--pid', '--fork', '--mount-proc', 'hostname', 'lab'], {
    reject: false,
  });
  return exitCode === 0 ? undefined : `namespaces cannot be made here: ${stderr}`;
}

function labPath(): string {
  return [process.env.PATH ?? '', ...daemonFolders].join(delimiter);
}

/**
 * A real Slurm on this machine: a controller, its munge, and nodes that differ in host name, process ids and mounts. Several
 * labs may run at a time. It needs neither systemd nor a database.
 */
export class SlurmLab {
  readonly folder: string;
  readonly #head: LabHost;
  readonly #nodes: LabNode[] = [];
  #controller: LabDaemon | undefined;

  private constructor(folder: string, head: LabHost) {
    this.folder = folder;
    this.#head = head;
  }

  static async start(options: LabOptions): Promise<SlurmLab> {
    const folder = mkdtempSync(join(tmpdir(), 'runflow-slurm-'));
    const head = await LabHost.start('lab-head').catch((error: unknown) => {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    });
    const lab = new SlurmLab(folder, head);
    try {
      await lab.#start(options);
      return lab;
    } catch (error) {
      await lab.stop();
      throw error;
    }
  }

  async #start({ nodes, cpus = 2, settings = [], setup = {} }: LabOptions): Promise<void> {
    const [controllerPort, ...nodePorts] = await freePorts(nodes + 1);
    const path = (name: string) => join(this.folder, name);
    for (const name of ['state', 'munge']) mkdirSync(path(name), { mode: 0o755 });
    writeFileSync(path('munge/key'), randomBytes(128), { mode: 0o600 });
    const names = nodePorts.map((_, index) => `lab-node${index + 1}`);
    const lines = [
      'ClusterName=lab',
      'SlurmctldHost=lab-head(127.0.0.1)',
      `SlurmctldPort=${controllerPort}`,
      'SlurmUser=root',
      'AuthType=auth/munge',
      `AuthInfo=socket=${path('munge/socket')}`,
      `StateSaveLocation=${path('state')}`,
      `SlurmctldPidFile=${path('slurmctld.pid')}`,
      `SlurmdPidFile=${path('%n.pid')}`,
      `SlurmdSpoolDir=${path('%n.spool')}`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_CPU',
      'SchedulerParameters=batch_sched_delay=0,sched_min_interval=0',
      'SlurmdParameters=config_overrides',
      'JobCompType=jobcomp/filetxt',
      `JobCompLoc=${path('jobs.txt')}`,
      'ReturnToService=2',
      'KillWait=2',
      'MessageTimeout=5',
      ...settings,
      ...names.map(
        (name, index) =>
          `NodeName=${name} NodeHostname=${name} NodeAddr=127.0.0.1 Port=${nodePorts[index]} CPUs=${cpus} RealMemory=4000`,
      ),
      `PartitionName=lab Nodes=${names.join(',')} Default=YES MaxTime=INFINITE State=UP`,
    ];
    writeFileSync(path('slurm.conf'), `${lines.join('\n')}\n`);
    // --force: folders of tests need not belong to munge's user.
    const files = ['key-file=munge/key', 'socket=munge/socket', 'pid-file=munge/pid', 'log-file=munge/log'];
    const options = [...files, 'seed-file=munge/seed'].map((each) => `--${each.replace('=', `=${this.folder}/`)}`);
    this.#head.daemon(['munged', '--foreground', '--force', ...options], { PATH: labPath() });
    await this.startController();
    for (const [index, name] of names.entries()) {
      const host = await LabHost.start(name, setup[index]);
      const node = new LabNode(host, this.environment);
      this.#nodes.push(node);
      node.startDaemon();
    }
    await this.nodesIdle();
  }

  /** What commands of Slurm need of the environment, on this machine or on a node. */
  get environment(): Record<string, string> {
    return { SLURM_CONF: join(this.folder, 'slurm.conf') };
  }

  get nodes(): readonly LabNode[] {
    return this.#nodes;
  }

  /** A command of Slurm, on this machine; returns what it printed. Throws when it fails. */
  slurm(program: string, argv: readonly string[]): string {
    return execaSync(program, argv, { env: this.environment, stdin: 'ignore', timeout: 60_000 }).stdout;
  }

  /** Starts the controller, or starts it again with the state that it saved. */
  async startController(): Promise<void> {
    const controller = this.#head.daemon(['slurmctld', '-D', '-f', join(this.folder, 'slurm.conf')], {
      ...this.environment,
      PATH: labPath(),
    });
    this.#controller = controller;
    await this.until('the controller answers', () => this.slurm('scontrol', ['ping']).includes('is UP'));
  }

  /** `kill -9` of the controller. */
  async killController(): Promise<void> {
    await this.#controller!.signal('SIGKILL');
  }

  /** Waits until all nodes are ready for jobs, and have none. */
  async nodesIdle(): Promise<void> {
    await this.until('all nodes are idle', () => {
      const states = this.slurm('sinfo', ['--noheader', '--Node', '--format=%t']).split('\n');
      return states.length === this.#nodes.length && states.every((state) => state.trim() === 'idle');
    });
  }

  /** Waits until something holds, however often it throws meanwhile. Throws when that takes a minute. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + startMilliseconds;
    let trouble = '';
    for (;;) {
      try {
        if (await holds()) return;
      } catch (error) {
        trouble = (error as Error).message;
      }
      if (performance.now() > deadline)
        throw new Error(`${startMilliseconds / 1000} s passed without that ${what}: ${trouble}\n${this.messages()}`);
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }

  /** What the daemons said, for the message of a test that failed. */
  messages(): string {
    return [this.#controller!.output, ...this.#nodes.map(({ output }) => output)].join('\n');
  }

  /** Jobs that ended, as the controller wrote them down: `JobId=3 … JobState=COMPLETED …`, a line each. */
  endedJobs(): string[] {
    try {
      return readFileSync(join(this.folder, 'jobs.txt'), 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  }

  /** Kills everything: jobs, nodes, the controller. */
  async stop(): Promise<void> {
    for (const { host } of this.#nodes) await host.stop();
    await this.#head.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A node: a host with a slurmd. */
export class LabNode {
  readonly host: LabHost;
  readonly #environment: Record<string, string>;
  #daemon: LabDaemon | undefined;

  constructor(host: LabHost, environment: Record<string, string>) {
    this.host = host;
    this.#environment = { ...environment, PATH: labPath() };
  }

  get name(): string {
    return this.host.name;
  }

  /** What its slurmd printed. */
  get output(): string {
    return this.#daemon?.output ?? '';
  }

  startDaemon(): void {
    this.#daemon = this.host.daemon(['slurmd', '-D', '-f', this.#environment.SLURM_CONF!], {
      ...this.#environment,
    });
  }

  /** Freezes, continues or kills the slurmd; its jobs live on. */
  async signalDaemon(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): Promise<void> {
    await this.#daemon!.signal(signal);
  }

  /** Stops a process of this node and all that it started, or lets them go on. */
  async freeze(pid: number, signal: 'STOP' | 'CONT'): Promise<void> {
    const pairs = (await this.run(['ps', '-e', '-o', 'pid=,ppid=']))
      .split('\n')
      .map((line) => line.trim().split(/ +/).map(Number));
    const family = [pid];
    for (const member of family) family.push(...pairs.filter(([, parent]) => parent === member).map(([own]) => own!));
    await this.run(['kill', `-${signal}`, ...family.map(String)]);
  }

  /** Whether a process with this command line runs there. */
  async has(commandLine: string): Promise<boolean> {
    return (await this.run(['ps', '-e', '-o', 'args'])).split('\n').includes(commandLine);
  }

  /** Carries a command out there, outside of any job; returns what it printed. Throws when it fails. */
  async run(argv: readonly string[]): Promise<string> {
    const { output, failed } = await this.host.run(argv, this.#environment);
    if (failed) throw new Error(`on ${this.name}: ${argv.join(' ')}: ${output}`);
    return output;
  }
}

/** Ports that nobody listens on. All are held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as { port: number }).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}
