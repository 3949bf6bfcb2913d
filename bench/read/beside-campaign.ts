/** What a campaign loses while people read: scenes on the same server, without readers and with them, in turns. */
import type { Bench } from '../bench.js';
import { makeGround, scratchFolder } from '../ground.js';
import type { Servers } from '../product/servers.js';
import { openSite, type Site } from '../product/site.js';
import { type Campaign, cpuOf, WorkerProcess } from '../product/worker-process.js';
import { median, medianOf, number } from '../report.js';
import { type Answered, atFixedRate, percentile } from './load.js';
import { ServerProcess } from './server-process.js';
import { RATE, seriesUrl } from './series-loads.js';
import type { Stage } from './stage.js';

/** Readers of a season, requests a second: none, some people at work, and, in one round, the rate that series are measured at. */
const FEW = 10;
const RATES = [0, FEW, RATE] as const;
const MOST_LOST = 1.03;
/** Longer than any scene takes. */
const UNTIL_STOPPED_S = 3600;

interface Scene extends Campaign {
  readonly answered: Answered | undefined;
}

type Round = ReadonlyMap<number, Scene>;

/** Makes the tile and the database of its parcels. */
export async function prepareCampaign(bench: Bench, { servers }: Stage): Promise<void> {
  await (await openCampaign(bench, servers, 1)).close();
}

async function openCampaign(bench: Bench, servers: Servers, scenes: number): Promise<Site> {
  const { options } = bench;
  const parcels = options.parcels.at(-1)!;
  const ground = await makeGround(bench, options.size, [parcels]);
  return openSite(servers, scratchFolder(bench, 'site'), ground, parcels, scenes);
}

export async function besideCampaign(bench: Bench, stage: Stage): Promise<void> {
  const { options, report, say } = bench;
  // The first scene of a tile does what the others find done.
  let obsid = 1;
  const site = await openCampaign(bench, stage.servers, obsid + RATES.length * options.repeats);
  const rounds: Round[] = [];
  try {
    const worker = await WorkerProcess.start(site);
    const server = await ServerProcess.start(stage.season('over'));
    try {
      await worker.scene(obsid);
      await stage.warm('over');
      for (let round = 0; round < options.repeats; round++) {
        const rates = RATES.slice(0, round === 0 ? undefined : -1);
        const measured = new Map<number, Scene>();
        for (const [turn] of rates.entries()) {
          const rate = rates[(round + turn) % rates.length]!;
          say(`read: a scene beside ${rate} series a second, round ${round + 1}`);
          obsid++;
          measured.set(rate, await beside(rate, seriesUrl(server, stage, 'over'), () => worker.scene(obsid)));
        }
        rounds.push(measured);
      }
    } finally {
      await server.stop();
      await worker.stop();
    }
  } finally {
    await site.close();
  }
  const of = (rate: number): Scene[] => rounds.flatMap((round) => round.get(rate) ?? []);
  const lost = (rate: number): number =>
    median(
      rounds.flatMap((round) => {
        const scene = round.get(rate);
        return scene === undefined ? [] : [scene.scenes / round.get(0)!.scenes];
      }),
    );
  report.paragraph(
    `**A campaign beside readers**: scenes of ${options.parcels.at(-1)!.toLocaleString('en')} parcels on the same PostgreSQL and the same cores, from claim to mark, ` +
      `without readers and while series are asked for; medians, ratios within a round. Readers, servers and worker share the cores: ` +
      `what readers take of them the scene can't have, wherever it is stored.`,
  );
  report.table(
    [
      'series a second',
      'scenes',
      's',
      'against none',
      'CPU of worker and servers, s',
      'series, 95 % within ms',
    ],
    RATES.map((rate) => {
      const answered = of(rate).flatMap((one) => one.answered ?? []);
      return [
        ...[rate, of(rate).length, number(medianOf(of(rate), (one) => one.scenes))],
        ...[`${number(lost(rate))} x`, number(medianOf(of(rate), cpuOf))],
        answered.length === 0 ? '' : number(medianOf(answered, (one) => percentile(one, 95))),
      ];
    }),
  );
  report.target({
    what: `a scene beside ${FEW} series a second against none`,
    ...{ unit: ' x', measured: lost(FEW), atMost: MOST_LOST },
  });
}

async function beside(
  rate: number,
  url: (number: number) => string,
  scene: () => Promise<Campaign>,
): Promise<Scene> {
  if (rate === 0) return { ...(await scene()), answered: undefined };
  const stop = new AbortController();
  const load = atFixedRate({ rate, clients: 50, seconds: UNTIL_STOPPED_S, url, signal: stop.signal });
  // A load that fails is told when the scene has ended.
  load.catch(() => undefined);
  try {
    const campaign = await scene();
    stop.abort();
    return { ...campaign, answered: await load };
  } finally {
    stop.abort();
  }
}
