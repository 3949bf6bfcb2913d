/** Faults of worker processes and their scratch disks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { between, oneOf, type Random } from '../../../demo/season/random.js';
import type { Fault, Stage, Target } from '../fault.js';
import type { WorkerProcess } from '../worker-process.js';

/** docs/operations.md: 8 s of grace, 15 s to give up, and some for closing on a busy machine. */
const STOP_SECONDS = 40;

export const WORKER_FAULTS: readonly Fault[] = [
  fault('worker killed, started again at once', async (worker) => {
    await worker.kill();
    await worker.start();
  }),
  fault('worker killed, gone for 20 to 30 s', async (worker, next) => {
    await worker.kill();
    await sleep(between(next, 20_000, 30_000));
    await worker.start();
  }),
  fault('worker stopped and started (deploy)', (worker, _next, stage) => deploy(stage, worker)),
  {
    name: 'all workers stopped and started (deploy)',
    aim: (stage) => ({
      at: stage.workers.map(target),
      strike: async () => {
        await Promise.all(stage.workers.map((worker) => deploy(stage, worker)));
      },
    }),
  },
  fault('worker frozen for 3 to 6 s', (worker, next) => freeze(worker, between(next, 3_000, 6_000))),
  fault('worker frozen for 15 to 25 s, longer than it may be silent', (worker, next) =>
    freeze(worker, between(next, 15_000, 25_000)),
  ),
  fault('scratch disk full for 5 to 15 s', async (worker, next) => {
    const ms = between(next, 5_000, 15_000);
    if (!worker.hasDisk) {
      await fullByReserve(worker, ms);
      return;
    }
    await worker.fillDisk();
    await sleep(ms);
    await worker.emptyDisk();
  }),
];

function fault(
  name: string,
  strike: (worker: WorkerProcess, next: Random, stage: Stage) => Promise<void>,
): Fault {
  return {
    name,
    aim: (stage, next) => {
      const worker = oneOf(stage.workers, next);
      return { at: [target(worker)], strike: () => strike(worker, next, stage) };
    },
  };
}

function target({ place }: WorkerProcess): Target {
  return `worker ${place.name}`;
}

/** In good order: in time, exit code 0, and nothing of a scene left on the disk. */
async function deploy({ broken }: Stage, worker: WorkerProcess): Promise<void> {
  const { code, seconds, left } = await worker.stop();
  const { name } = worker.place;
  const ended = `ended with ${code ?? 'a signal'} after ${seconds.toFixed(1)} s`;
  if (code !== 0 || seconds > STOP_SECONDS) broken(`${name} was told to stop and ${ended}`);
  if (left.length > 0) broken(`${name} was told to stop and left ${left.join(', ')}`);
  await worker.start();
}

async function freeze(worker: WorkerProcess, ms: number): Promise<void> {
  worker.freeze();
  await sleep(ms);
  worker.thaw();
}

/** Where no disk of a worker's own can be had, it is told to keep free more than there is. */
async function fullByReserve(worker: WorkerProcess, ms: number): Promise<void> {
  await worker.stop();
  await worker.start({ PARCELWISE_RESERVE_GB: '1000000' });
  await sleep(ms);
  await worker.stop();
  await worker.start();
}
