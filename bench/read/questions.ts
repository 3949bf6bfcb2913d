/** Where a point lies and which parcels are a parcel's peers, over HTTP; peers beside the original's way to find them. */
import type { Bench } from '../bench.js';
import { median, number } from '../report.js';
import { asFastAsItGoes, type Answered, atFixedRate, type Load, percentile } from './load.js';
import { middleOf } from './made-parcels.js';
import { AOI } from './names.js';
import { ServerProcess } from './server-process.js';
import type { Stage } from './stage.js';

const POINTS = { rate: 100, clients: 50, targetMs: 10 };
const PEERS = { rate: 20, clients: 10, targetMs: 50, metres: 2000, most: 100 };
const PLACES = 200;

/** What JRC's API asks, by its source: every parcel is brought into EPSG:3035, which no index helps. */
const SCAN = `
  SELECT near.ogc_fid, ST_Distance(ST_Transform(near.wkb_geometry, 3035), ST_Transform(self.wkb_geometry, 3035)) AS metres
  FROM parcels self JOIN parcels near ON near.crop_name = self.crop_name AND near.ogc_fid <> self.ogc_fid
  WHERE self.ogc_fid = $1 AND ST_Area(ST_Transform(near.wkb_geometry, 3035)) > 3000
    AND ST_DWithin(ST_Transform(near.wkb_geometry, 3035), ST_Transform(self.wkb_geometry, 3035), ${PEERS.metres})
  ORDER BY metres LIMIT ${PEERS.most}`;

export async function questions({ options, report, say }: Bench, stage: Stage): Promise<void> {
  say('read: points and peers');
  const { parcels, pool } = stage;
  const season = stage.season('over');
  const some = Array.from({ length: PLACES }, () => 1 + Math.floor(parcels * Math.random()));
  const middles: { readonly lon: number; readonly lat: number }[] = [];
  for (const pid of some) middles.push(await middleOf(pool, pid));
  const seconds = options.quick ? 2 : 20;
  const server = await ServerProcess.start(season);
  try {
    const ask = (route: string) => `${server.url}/query/${route}?aoi=${AOI}&year=${season.year}`;
    // A server that has answered for a while is measured: each of its connections has loaded PROJ by then.
    const measure = async (load: Load): Promise<Answered> => {
      await asFastAsItGoes({ ...load, seconds: options.quick ? 1 : 3 });
      return atFixedRate(load);
    };
    const points = await measure({
      ...{ ...POINTS, seconds, check: requirePid },
      url: (number) => {
        const { lon, lat } = middles[number % PLACES]!;
        return `${ask('parcelByLocation')}&lon=${lon}&lat=${lat}`;
      },
    });
    const peers = await measure({
      ...{ ...PEERS, seconds },
      url: (number) =>
        `${ask('parcelPeers')}&pid=${some[number % PLACES]!}&distance=${PEERS.metres}&max=${PEERS.most}`,
    });
    const scans: number[] = [];
    for (const pid of some.slice(0, options.repeats)) {
      const began = performance.now();
      await pool.query(SCAN, [pid]);
      scans.push(performance.now() - began);
    }
    report.paragraph(
      `**Points and peers** over HTTP, of ${parcels.toLocaleString('en')} parcels, milliseconds from when a request was due. Peers: parcels of the ` +
        `same crop within ${PEERS.metres / 1000} km; the statement of JRC's API, which looks at every parcel, takes ${number(median(scans))} ms by itself.`,
    );
    report.table(
      ['', 'a second', '50 % within', '95 %', '99 %'],
      [
        ['a parcel by a point', POINTS.rate, ...[50, 95, 99].map((of) => number(percentile(points, of)))],
        ['peers of a parcel', PEERS.rate, ...[50, 95, 99].map((of) => number(percentile(peers, of)))],
      ],
    );
    const of95 = 'over HTTP, 95th percentile';
    report.target({
      ...{ what: `a parcel by a point ${of95}`, unit: ' ms' },
      ...{ measured: percentile(points, 95), atMost: POINTS.targetMs },
    });
    report.target({
      ...{ what: `peers within ${PEERS.metres / 1000} km ${of95}`, unit: ' ms' },
      ...{ measured: percentile(peers, 95), atMost: PEERS.targetMs },
    });
  } finally {
    await server.stop();
  }
}

function requirePid(body: string): void {
  const { pid = [] } = JSON.parse(body) as { pid?: unknown[] };
  if (pid.length !== 1) throw new Error(`a point is in ${pid.length} parcels: ${body.slice(0, 200)}`);
}
