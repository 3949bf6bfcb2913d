/** Scenes of the benchmark's tile: the same images under as many references, as hard links in the bucket's folder. */
import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Ground, type GroundBand, image } from '../ground.js';

export interface BenchScene {
  readonly obsid: number;
  readonly reference: string;
  /** UTC. */
  readonly obstime: string;
  /** Its day, for a campaign of this scene only. */
  readonly day: string;
}

const FIRST_DAY = Date.UTC(2020, 5, 1);
const DAY_MS = 86_400_000;
const TILE = 'T31UFT';

/** Scene `obsid` (from 1): one a day. */
export function benchScene(obsid: number): BenchScene {
  const day = new Date(FIRST_DAY + (obsid - 1) * DAY_MS).toISOString().slice(0, 10);
  const compact = day.replaceAll('-', '');
  return {
    obsid,
    reference: `S2A_MSIL2A_${compact}T104031_N0214_R008_${TILE}_${compact}T140310.SAFE`,
    obstime: `${day}T10:40:31`,
    day,
  };
}

/** The file of a band of a scene. */
export type FileOf = (obsid: number, band: GroundBand) => string;

/** Puts the scenes 1 to `count`, and no others, into the bucket, in ESA's layout. */
export function putScenes(
  ground: Ground,
  bucket: string,
  count: number,
  fileOf: FileOf = (_obsid, band) => image(ground, band),
): void {
  rmSync(join(bucket, 'Sentinel-2'), { recursive: true, force: true });
  for (let obsid = 1; obsid <= count; obsid++) {
    const { reference, day } = benchScene(obsid);
    const granule = `Sentinel-2/MSI/L2A/${day.replaceAll('-', '/')}/${reference}/GRANULE/L2A_${TILE}_A026105_${day.replaceAll('-', '')}T104343`;
    for (const band of ['B04', 'B08', 'SCL'] as const) {
      const name = `${TILE}_${reference.split('_')[2]!}_${band}_${metres(band)}m.jp2`;
      put(fileOf(obsid, band), join(bucket, granule, 'IMG_DATA', `R${metres(band)}m`, name));
    }
  }
}

function metres(band: GroundBand): number {
  return band === 'SCL' ? 20 : 10;
}

function put(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    // Another volume, or one without links.
    copyFileSync(from, to);
  }
}
