/** What Temporal costs: a whole scene with and without it, and how many small scenes go through it in a minute. */
import type { Bench } from '../bench.js';
import { makeGround, scratchFolder } from '../ground.js';
import { benchScene } from '../product/scenes.js';
import { type Servers, startServers } from '../product/servers.js';
import { openSite } from '../product/site.js';
import { extractAlone, WorkerProcess } from '../product/worker-process.js';
import { median, medianOf, number } from '../report.js';

interface Pair {
  readonly campaign: { readonly scenes: number; readonly wall: number };
  readonly alone: { readonly scenes: number; readonly wall: number };
}

const SMALL = { size: 256, parcels: 200 };

export async function temporal(bench: Bench): Promise<void> {
  const servers = await startServers(bench);
  try {
    bench.report.section('What Temporal costs');
    await oneLargeScene(bench, servers);
    await manySmallScenes(bench, servers);
  } finally {
    await servers.stop();
  }
}

/** Both ways in a fresh process, with the coverage already on disk. */
async function oneLargeScene(bench: Bench, servers: Servers): Promise<void> {
  const { options, report, say } = bench;
  const parcels = options.parcels.at(-1)!;
  const ground = await makeGround(bench, options.size, [parcels]);
  const site = await openSite(
    servers,
    scratchFolder(bench, 'site'),
    ground,
    parcels,
    1 + 2 * options.repeats,
  );
  const pairs: Pair[] = [];
  try {
    await inFreshWorker((worker) => worker.scene(1));
    for (let round = 0; round < options.repeats; round++) {
      say(`temporal: one scene of ${parcels} parcels with and without, round ${round + 1}`);
      const campaign = await inFreshWorker((worker) => worker.scene(2 + 2 * round));
      pairs.push({ campaign, alone: await extractAlone(site, 3 + 2 * round) });
    }
  } finally {
    await site.close();
  }
  const cost = median(pairs.map(({ campaign, alone }) => campaign.scenes / alone.scenes));
  report.paragraph(
    `A scene of ${parcels.toLocaleString('en')} parcels, coverage on disk, from claim to mark in a process that has just started: ` +
      `${number(medianOf(pairs, (pair) => pair.campaign.scenes))} s as a campaign, ${number(medianOf(pairs, (pair) => pair.alone.scenes))} s by ` +
      `\`parcelwise extract\` (medians of ${pairs.length}, in turns).`,
  );
  report.target({
    what: 'a scene through Temporal against without',
    unit: ' x',
    measured: cost,
    atMost: 1.05,
  });

  async function inFreshWorker<T>(work: (worker: WorkerProcess) => Promise<T>): Promise<T> {
    const worker = await WorkerProcess.start(site);
    try {
      return await work(worker);
    } finally {
      await worker.stop();
    }
  }
}

async function manySmallScenes(bench: Bench, servers: Servers): Promise<void> {
  const { options, report, say } = bench;
  const count = options.quick ? 40 : 300;
  const ground = await makeGround(bench, SMALL.size, [SMALL.parcels]);
  const site = await openSite(servers, scratchFolder(bench, 'site'), ground, SMALL.parcels, count);
  try {
    const worker = await WorkerProcess.start(site);
    say(`temporal: ${count} small scenes`);
    const { scenes, cpu } = await worker.campaign(benchScene(1).day, benchScene(count).day);
    await worker.stop();
    const perScene = Object.entries(cpu).map(
      ([name, seconds]) => `${name} ${number((1000 * seconds) / count)} ms`,
    );
    report.paragraph(
      `${count} scenes of ${SMALL.size} x ${SMALL.size} pixels and ${SMALL.parcels} parcels in one campaign of a worker that has just ` +
        `started: ${number((60 * count) / scenes)} a minute. CPU a scene: ${perScene.join(', ')}.`,
    );
    report.target({ what: 'small scenes a minute', unit: '', measured: (60 * count) / scenes, atLeast: 200 });
  } finally {
    await site.close();
  }
}
