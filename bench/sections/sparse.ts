/** What is fetched, and how long that takes, where an area of interest is a part of the tile. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJpeg2000 } from '../../rasters/jpeg2000/index.js';
import { bytesOf, joined } from '../../rasters/index.js';
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import {
  type Ground,
  type GroundBand,
  gridOf,
  image,
  makeGround,
  nodeProgram,
  scratchFolder,
} from '../ground.js';
import { type Servers, startServers } from '../product/servers.js';
import { openSite, type Site } from '../product/site.js';
import { WorkerProcess } from '../product/worker-process.js';
import { median, number } from '../report.js';
import { SlowStore } from '../slow-store.js';
import { withTileLengths } from '../tile-lengths.js';

const BANDS = ['B04', 'B08', 'SCL'] as const;
/** Of Copernicus Data Space's free lane: four connections of 20 MB/s, and what a request takes from within Europe. */
const SLOWNESS = { bytesASecond: 80e6, seconds: 0.02 };
const AOI_MARGIN_METRES = 1000;
const THREADS = 2;

interface Area {
  readonly name: string;
  /** Of the tile's side. */
  readonly side: number;
  /** Of nine: of its left upper corner, as shares of what is left of the side. */
  readonly places: readonly (readonly [number, number])[];
}

const NINE = [0, 0.5, 1].flatMap((y) => [0, 0.5, 1].map((x) => [x, y] as const));
const AREAS: readonly Area[] = [
  { name: 'all of the tile', side: 1, places: [[0, 0]] },
  { name: 'a quarter', side: 0.5, places: NINE },
  { name: '5 %', side: Math.sqrt(0.05), places: NINE },
];

interface Measured {
  readonly bytes: number;
  readonly requests: number;
  readonly wall: number;
  readonly oracle: number;
  readonly decoding: number;
}

export async function sparse(bench: Bench): Promise<void> {
  const { options, report, say } = bench;
  const parcels = options.parcels.at(-1)!;
  const ground = await makeGround(bench, options.size, [parcels]);
  for (const band of BANDS) makeListed(ground, band);
  const { wall: decodingAll } = await runForJson<{ wall: number }>(process.execPath, [
    nodeProgram('decode-ours'),
    ...[String(THREADS), ...BANDS.map((band) => image(ground, band))],
  ]);
  const servers = await startServers(bench);
  const store = await SlowStore.start(servers.s3.endpoint, SLOWNESS);
  try {
    report.section('Areas that are a part of a tile');
    for (const isListed of [true, false]) {
      for (const area of AREAS) {
        const places = options.quick ? area.places.slice(0, 2) : area.places;
        const measured: Measured[] = [];
        for (const place of places) {
          say(`sparse: ${area.name} at ${place.join(', ')}, ${isListed ? 'with' : 'without'} TLM`);
          measured.push(
            await measure(bench, servers, store, ground, { parcels, isListed, area, place, decodingAll }),
          );
          say(JSON.stringify(measured.at(-1)));
        }
        describe(bench, area, isListed, measured);
      }
    }
  } finally {
    await store.stop();
    await servers.stop();
  }
}

/** The same image with the lengths of its tile-parts in its header. */
function listed(ground: Ground, band: GroundBand): string {
  return join(ground.folder, `${band}-tlm.jp2`);
}

function makeListed(ground: Ground, band: GroundBand): void {
  if (!existsSync(listed(ground, band)))
    writeFileSync(listed(ground, band), withTileLengths(readFileSync(image(ground, band))));
}

interface Case {
  readonly parcels: number;
  readonly isListed: boolean;
  readonly area: Area;
  readonly place: readonly [number, number];
  readonly decodingAll: number;
}

async function measure(
  bench: Bench,
  servers: Servers,
  store: SlowStore,
  ground: Ground,
  { parcels, isListed, area, place, decodingAll }: Case,
): Promise<Measured> {
  const fileOf = (_obsid: number, band: GroundBand): string =>
    isListed ? listed(ground, band) : image(ground, band);
  const site = await openSite(servers, scratchFolder(bench, 'site'), ground, parcels, 2, {
    endpoint: store.endpoint,
    fileOf,
    ...(bench.options.before !== undefined && { checkout: bench.options.before }),
  });
  try {
    await drawArea(site, ground, area, place);
    const worker = await WorkerProcess.start(site);
    try {
      // The first one builds the coverages.
      await worker.scene(1);
      store.reset();
      const { scenes } = await worker.scene(2);
      const { bytes, share } = await oracle(site, fileOf);
      return {
        ...{ bytes: store.bytes, requests: store.requests, wall: scenes },
        ...{ oracle: bytes, decoding: share * decodingAll },
      };
    } finally {
      await worker.stop();
    }
  } finally {
    await site.close();
  }
}

/** Makes the area of interest a square of the tile. */
async function drawArea(site: Site, ground: Ground, { side }: Area, [x, y]: Case['place']): Promise<void> {
  const { originX, originY, width, stepX, epsg } = gridOf(ground, 10);
  const metres = width * stepX;
  const left = originX + x * (1 - side) * metres;
  const top = originY - y * (1 - side) * metres;
  await site.pool.query(
    `UPDATE aois SET wkb_geometry = ST_Transform(ST_MakeEnvelope(${left}, ${top - side * metres}, ${left + side * metres}, ${top}, ${epsg}), 4326)`,
  );
}

/** Whether a tile meets the area's box in the parcels' CRS, widened by a kilometre, by which CbM chooses parcels. */
const MEETS = `
  SELECT ST_Intersects(ST_Transform(ST_Segmentize(ST_MakeEnvelope($1, $2, $3, $4, $5), 1000), 28992),
           ST_Envelope(ST_Expand(ST_Transform(ST_Segmentize(wkb_geometry, 0.01), 28992), $6))) AS meets
  FROM aois`;

/** Bytes of the tiles that the area meets and of all headers, and the share of all tiles' bytes that these are. */
async function oracle(
  site: Site,
  fileOf: (obsid: number, band: GroundBand) => string,
): Promise<{ bytes: number; share: number }> {
  let [bytes, all] = [0, 0];
  for (const band of BANDS) {
    const raster = await openJpeg2000(fileOf(2, band));
    const { originX, originY, stepX, stepY, width, height, epsg } = raster.grid;
    const { block } = raster;
    const whole = joined(raster.rangesOf(1, { column: 0, row: 0, width, height }));
    bytes += whole[0]!.from;
    all += whole[0]!.from + bytesOf(whole);
    for (let row = 0; row < height; row += block.height)
      for (let column = 0; column < width; column += block.width) {
        const [right, lower] = [Math.min(width, column + block.width), Math.min(height, row + block.height)];
        const corners = [originX + column * stepX, originY + lower * stepY, originX + right * stepX];
        const values = [...corners, originY + row * stepY, epsg, AOI_MARGIN_METRES];
        const { rows } = await site.pool.query<{ meets: boolean }>(MEETS, values);
        const window = { column, row, width: right - column, height: lower - row };
        if (rows[0]!.meets) bytes += bytesOf(raster.rangesOf(1, window));
      }
    await raster.close();
  }
  return { bytes, share: bytes / all };
}

function describe({ report }: Bench, { name }: Area, isListed: boolean, measured: readonly Measured[]): void {
  const worst = (of: (one: Measured) => number): number => Math.max(...measured.map(of));
  const middle = (of: (one: Measured) => number): number => median(measured.map(of));
  const allowed = ({ bytes, decoding }: Measured): number =>
    1.15 * Math.max(bytes / SLOWNESS.bytesASecond, decoding) + 0.5;
  const how = isListed ? 'with TLM' : 'without TLM';
  report.table(
    [`**${name}, ${how}**`, 'median', 'worst'],
    [
      [
        'megabytes fetched',
        number(middle(({ bytes }) => bytes / 1e6)),
        number(worst(({ bytes }) => bytes / 1e6)),
      ],
      [
        'of those that an oracle fetches',
        number(middle(({ bytes, oracle: o }) => bytes / o)),
        number(worst(({ bytes, oracle: o }) => bytes / o)),
      ],
      ['requests', middle(({ requests }) => requests), worst(({ requests }) => requests)],
      ['seconds of a scene', number(middle(({ wall }) => wall)), number(worst(({ wall }) => wall))],
      [
        'seconds of decoding those tiles',
        number(middle(({ decoding }) => decoding)),
        number(worst(({ decoding }) => decoding)),
      ],
    ],
  );
  report.target({
    what: `bytes fetched, AOI of ${name}, ${how}, against an oracle's (worst place)`,
    unit: '',
    measured: worst(({ bytes, oracle: o }) => bytes / o),
    atMost: 1.02,
  });
  if (isListed)
    report.target({
      what: `seconds of a scene, AOI of ${name}, ${how}, against 1.15 of the slower of line and decoding and half a second (median)`,
      unit: '',
      measured: middle((one) => one.wall / allowed(one)),
      atMost: 1,
    });
}
