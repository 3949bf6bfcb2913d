/** Time and memory as parcels and scenes become more. */
import type { Bench } from '../bench.js';
import { makeGround, scratchFolder } from '../ground.js';
import { benchScene } from '../product/scenes.js';
import { type Servers, startServers } from '../product/servers.js';
import { openSite } from '../product/site.js';
import { cpuOf, WorkerProcess } from '../product/worker-process.js';
import { type Cell, megabytes, number } from '../report.js';

/** For the growth over scenes: four tiles of JPEG 2000 each. */
const MEDIUM = { size: 2048, parcels: 10_000 };

export async function growth(bench: Bench): Promise<void> {
  const servers = await startServers(bench);
  try {
    bench.report.section('Growth');
    await overParcels(bench, servers);
    await overScenes(bench, servers);
  } finally {
    await servers.stop();
  }
}

async function overParcels(bench: Bench, servers: Servers): Promise<void> {
  const { options, report, say } = bench;
  const rows: Cell[][] = [];
  let peak = 0;
  for (const parcels of options.growthParcels) {
    say(`growth: ${parcels} parcels`);
    const ground = await makeGround(bench, options.size, [parcels]);
    const site = await openSite(servers, scratchFolder(bench, 'site'), ground, parcels, 2);
    const worker = await WorkerProcess.start(site);
    const [first, second] = [await worker.scene(1), await worker.scene(2)];
    await worker.stop();
    await site.close();
    peak = Math.max(peak, second.peakBytes);
    rows.push([
      parcels.toLocaleString('en'),
      number(first.scenes),
      number(second.scenes),
      number(first.cpu.worker!),
      number(second.cpu.worker!),
      megabytes(second.peakBytes),
    ]);
  }
  report.paragraph(
    `Scenes of ${options.size} x ${options.size} pixels, three bands, claim to mark; the worker's peak after both.`,
  );
  report.table(
    ['parcels', 'first scene, s', 'second, s', 'first, worker CPU s', 'second, worker CPU s', 'worker peak'],
    rows,
  );
  report.target({
    what: `memory of the worker, up to ${options.growthParcels.at(-1)!.toLocaleString('en')} parcels`,
    unit: ' GB',
    measured: peak / 1e9,
    atMost: 1.5,
  });
}

async function overScenes(bench: Bench, servers: Servers): Promise<void> {
  const { options, report, say } = bench;
  const ground = await makeGround(bench, MEDIUM.size, [MEDIUM.parcels]);
  const rows: Cell[][] = [];
  const peaks: number[] = [];
  for (const scenes of options.growthScenes) {
    say(`growth: ${scenes} scenes`);
    const site = await openSite(servers, scratchFolder(bench, 'site'), ground, MEDIUM.parcels, scenes);
    const worker = await WorkerProcess.start(site);
    const campaign = await worker.campaign(benchScene(1).day, benchScene(scenes).day);
    const after = worker.residentBytes;
    await worker.stop();
    await site.close();
    peaks.push(campaign.peakBytes);
    rows.push([
      scenes,
      number(campaign.scenes),
      number(campaign.scenes / scenes),
      number(cpuOf(campaign) / campaign.scenes),
      megabytes(campaign.peakBytes),
      megabytes(after),
    ]);
  }
  report.paragraph(
    `Scenes of ${MEDIUM.size} x ${MEDIUM.size} pixels and ${MEDIUM.parcels.toLocaleString('en')} parcels, one campaign of a worker that has just started; ` +
      `cores busy are those of worker and servers together.`,
  );
  report.table(['scenes', 'wall s', 'wall s a scene', 'cores busy', 'worker peak', 'worker after it'], rows);
  const [fewer, more] = options.growthScenes.slice(-2);
  report.target({
    what: `memory of the worker over ${more} scenes against ${fewer}`,
    unit: ' x',
    measured: peaks.at(-1) / peaks.at(-2),
    // Garbage that is collected sooner or later; what is kept of each scene would make it four.
    atMost: 1.25,
  });
}
