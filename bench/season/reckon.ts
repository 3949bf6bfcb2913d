/** What a season takes: bytes and requests at the store, hours on the line, core hours. */
import { TILE_KM } from './country.js';
import type { Season } from './season.js';

/** Copernicus Data Space's free lane. */
export const LANE = {
  bytesASecond: 4 * 20e6,
  requestsAMinute: 2000,
  bytesA30Days: 12e12,
} as const;

/** How scenes are fetched. */
export type Method = 'whole objects' | 'only tiles with parcels' | 'only tiles with clear parcels';

export interface Taken {
  readonly bytes: number;
  readonly requests: number;
  /** On the line, at its speed and within its requests. */
  readonly hours: number;
  /** Were each scene fetched as fast as the line brings it. */
  readonly requestsAMinute: number;
  readonly coreHours: number;
}

/** The figures of the section `sparse`, by name. @throws Error naming one that is missing */
export type Figures = (name: string) => number;

export function reckon(season: Season, method: Method, figures: Figures): Taken {
  const tileArea = TILE_KM ** 2;
  const ten = figures('objects.tenMetres') / tileArea;
  const classMap = figures('objects.classMap') / tileArea;
  const line = cpuLine(figures);
  const { scenes, seen, held, clear, classHeld } = season;
  const cpuOf = (decoded: number): number => scenes * line.fixed + (decoded / tileArea) * line.ofTile;
  const most = (cases: readonly string[], figure: string): number =>
    Math.max(...cases.map((one) => figures(`${one}.${figure}`)));
  const { bytes, requests, cpu } = {
    'whole objects': () => ({
      bytes: seen * (ten + classMap),
      requests: scenes * figures('whole.requests'),
      cpu: cpuOf(held),
    }),
    'only tiles with parcels': () => ({
      bytes: (held * ten + classHeld * classMap) * most(TILES, 'ofOracle'),
      requests: scenes * most(TILES, 'requests'),
      cpu: cpuOf(held),
    }),
    'only tiles with clear parcels': () => ({
      bytes: (clear * ten + classHeld * classMap) * most(SKIPPING, 'ofOracle'),
      requests: scenes * most(SKIPPING, 'requests'),
      cpu: cpuOf(clear),
    }),
  }[method]();
  const minutes = bytes / LANE.bytesASecond / 60;
  return {
    ...{ bytes, requests, coreHours: cpu / 3600 },
    requestsAMinute: requests / minutes,
    hours: Math.max(minutes, requests / LANE.requestsAMinute) / 60,
  };
}

/** Cases of the section that show what a method takes. */
const TILES = ['quarter', 'twentieth'] as const;
const SKIPPING = ['clouds30', 'clouds60', 'clouds90'] as const;

/** Seconds of CPU of a scene, and of all of a tile's pixels and parcels: the line of least squares through all cases. */
function cpuLine(figures: Figures): { fixed: number; ofTile: number } {
  const cases = [...TILES, ...SKIPPING].map((one) => ({
    share: figures(`${one}.share`),
    cpu: figures(`${one}.cpu`),
  }));
  const points = [...cases, { share: 1, cpu: figures('whole.cpu') }];
  const mean = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [share, cpu] = [mean((point) => point.share), mean((point) => point.cpu)];
  const ofTile =
    mean((point) => (point.share - share) * (point.cpu - cpu)) / mean((point) => (point.share - share) ** 2);
  return { fixed: cpu - ofTile * share, ofTile };
}
