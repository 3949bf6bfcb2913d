/** Series of single parcels over HTTP, as CbM's clients ask for them, at a fixed rate: of rows in order and not, warm and cold. */
import type { Bench } from '../bench.js';
import { type Cell, number } from '../report.js';
import { asFastAsItGoes, type Answered, atFixedRate, percentile } from './load.js';
import { AOI, ROWS_OF_A_PARCEL } from './names.js';
import { secondsOfOrdering } from './preparing.js';
import { ServerProcess } from './server-process.js';
import type { SeasonName, Stage } from './stage.js';

export const RATE = 100;
const CLIENTS = 50;
/** Clients that wait for their answer, where it is asked how much comes through. */
const BUSY_CLIENTS = 8;
const TARGET_MS = 20;

interface Loaded extends Answered {
  /** Milliseconds of CPU a request. */
  readonly server: number;
  readonly postgres: number;
}

interface Load {
  readonly what: string;
  readonly season: SeasonName;
  readonly isWarm: boolean;
}

export async function seriesLoads(bench: Bench, stage: Stage): Promise<void> {
  const { report, say, options } = bench;
  const lines: Cell[][] = [];
  const measure = async ({ what, season, isWarm }: Load): Promise<Loaded> => {
    say(`read: series, ${what}`);
    const loaded = await loadOf(bench, stage, season, isWarm);
    lines.push([
      what,
      ...[50, 95, 99, 100].map((of) => number(percentile(loaded, of))),
      number(loaded.server),
      number(loaded.postgres),
    ]);
    return loaded;
  };
  const ordered = await measure({ what: 'rows in order, in memory', season: 'over', isWarm: true });
  const { perSecond, peakBytes } = await throughput(stage, options.quick ? 2 : 15);
  await measure({ what: 'rows as they were stored, in memory', season: 'running', isWarm: true });
  await stage.cool();
  await measure({ what: 'rows in order, on disk', season: 'over', isWarm: false });
  await measure({ what: 'rows as they were stored, on disk', season: 'running', isWarm: false });
  const ordering = await secondsOfOrdering(stage);
  report.paragraph(
    `**The series of a parcel over HTTP**: \`/query/parcelTimeSeries\` of parcels by chance, ${ROWS_OF_A_PARCEL} rows with their histograms, ` +
      `${CLIENTS} clients that ask together ${RATE} times a second. Milliseconds from the moment a request was due to the last byte; CPU a request. ` +
      (ordering === undefined
        ? ''
        : `\`results cluster\` took ${number(ordering)} s when the season was made. `) +
      `On disk: PostgreSQL was started anew, and its files were taken out of the page cache.`,
  );
  report.table(['', '50 % within', '95 %', '99 %', 'all', 'server CPU ms', 'PostgreSQL CPU ms'], lines);
  report.paragraph(
    `${BUSY_CLIENTS} clients that ask again as soon as they are answered get ${number(perSecond)} series a second ` +
      `(${Math.round(perSecond * ROWS_OF_A_PARCEL).toLocaleString('en')} rows). The server's memory was ${number(peakBytes / 1e6)} MB at most.`,
  );
  report.target({
    what: `series of a parcel over HTTP, ${RATE} a second, rows in order and in memory, 95th percentile`,
    unit: ' ms',
    measured: percentile(ordered, 95),
    atMost: TARGET_MS,
  });
}

async function loadOf({ options }: Bench, stage: Stage, name: SeasonName, isWarm: boolean): Promise<Loaded> {
  const server = await ServerProcess.start(stage.season(name));
  try {
    const url = seriesUrl(server, stage, name);
    if (isWarm) await stage.warm(name);
    // A server that has answered for a while is measured; of what lies on disk it has seen one parcel's rows by then.
    const first = url(0);
    await asFastAsItGoes({
      ...{ seconds: options.quick ? 1 : 5, clients: CLIENTS },
      url: isWarm ? url : () => first,
    });
    const before = { server: server.cpuSeconds, postgres: stage.servers.cpu().PostgreSQL! };
    const answered = await atFixedRate({
      ...{ rate: RATE, clients: CLIENTS, url, check: requireSeries },
      seconds: options.quick ? 3 : isWarm ? 30 : 15,
    });
    const each = (seconds: number): number => (1000 * seconds) / answered.latencies.length;
    return {
      ...answered,
      server: each(server.cpuSeconds - before.server),
      postgres: each(stage.servers.cpu().PostgreSQL! - before.postgres),
    };
  } finally {
    await server.stop();
  }
}

async function throughput(
  stage: Stage,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly peakBytes: number }> {
  const server = await ServerProcess.start(stage.season('over'));
  try {
    const url = seriesUrl(server, stage, 'over');
    const { perSecond } = await asFastAsItGoes({ seconds, clients: BUSY_CLIENTS, url });
    return { perSecond, peakBytes: server.peakBytes };
  } finally {
    await server.stop();
  }
}

/** Parcels by chance. */
export function seriesUrl(
  { url }: ServerProcess,
  stage: Stage,
  name: SeasonName,
): (number: number) => string {
  const { year } = stage.season(name);
  const asked = `${url}/query/parcelTimeSeries?aoi=${AOI}&year=${year}&tstype=s2&pid=`;
  return () => `${asked}${1 + Math.floor(stage.parcels * Math.random())}`;
}

function requireSeries(body: string): void {
  const { mean = [] } = JSON.parse(body) as { mean?: unknown[] };
  if (mean.length !== ROWS_OF_A_PARCEL)
    throw new Error(`a series has ${mean.length} rows: ${body.slice(0, 200)}`);
}
