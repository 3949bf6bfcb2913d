/** How long a campaign would take: by the speed of earlier scenes, else the bench's, and by the limits of the store. */
import { cardType } from '../cards/card-types.js';
import type { Speed } from '../database/results/forecast-figures.js';
import type { Limits, Order } from '../campaigns/order.js';
import type { Download, Rows } from './figures.js';

export interface Time {
  readonly seconds: number;
  /** Reading, decoding, statistics and storing. */
  readonly workSeconds: number;
  /** By the limits that were asked for; 0 without any. */
  readonly limitSeconds: number;
  /** Earlier scenes whose speed was measured; 0 where the bench's speed stands in for it. */
  readonly measuredScenes: number;
  readonly limits: Limits | undefined;
}

/** The bench on two cores: rows stored a second. A scene's steps take two seconds more. */
const BENCH = { rows: 300_000, sceneSeconds: 2 } as const;

/** Downloads go on while other scenes are decoded, so the slower of the two decides. */
export function timeOf(
  scenes: number,
  download: Download,
  rows: Rows,
  speed: Speed,
  { card, limits }: Order,
): Time {
  const workSeconds = speed.scenes > 0 ? speedOf(speed, scenes, rows) : benchOf(card, scenes, download, rows);
  const { downloadMbps, requestsPerSecond } = limits ?? {};
  const limitSeconds = Math.max(
    downloadMbps === undefined ? 0 : (download.bytes * 8) / (downloadMbps * 1e6),
    requestsPerSecond === undefined ? 0 : download.requests / requestsPerSecond,
  );
  return {
    seconds: Math.max(workSeconds, limitSeconds),
    workSeconds,
    limitSeconds,
    measuredScenes: speed.scenes,
    limits,
  };
}

/** A scene's time is partly its own and partly its rows'; without knowing which, the larger of the two ratios counts. */
function speedOf({ scenes: done, rows: stored, busySeconds }: Speed, scenes: number, rows: Rows): number {
  return busySeconds * Math.max(scenes / done, stored > 0 ? rows.results / stored : 0);
}

function benchOf(card: string, scenes: number, { bytes }: Download, { results, clear }: Rows): number {
  return scenes * BENCH.sceneSeconds + bytes / cardType(card).bytesASecond + (results + clear) / BENCH.rows;
}
