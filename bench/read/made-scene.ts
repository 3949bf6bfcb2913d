/** A scene of made numbers, stored by the product's own chunks as campaigns store theirs. */
import type pg from 'pg';
import { storeChunk } from '../../database/ledger/chunk-store.js';
import { claimScene } from '../../database/ledger/claim.js';
import { markExtracted } from '../../database/ledger/mark.js';
import type { Origin } from '../../database/ledger/origin.js';
import { storePlan } from '../../database/ledger/plan.js';
import { CopyBody, packHistogram, packSignatures } from '../../database/results/copy-rows.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import type { Chunk, Owner } from '../../database/terms.js';

export const BANDS = ['B02', 'B03', 'B04', 'B05', 'B08', 'B11', 'SC'];
const CLASS_BAND = 'SC';
const PARCELS_A_CHUNK = 25_000;

/** @param parcels whose numbers (`ogc_fid`) run from 1. */
export async function storeScene(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  origin: Origin,
  parcels: number,
): Promise<void> {
  // A scene that a broken run had begun is the same owner's, and goes on.
  const owner: Owner = { workflowId: `scene/${selection.results.key}/${obsid}`, runId: 'bench' };
  const wanted = { campaign: 'campaign/bench', bands: BANDS, classBand: CLASS_BAND };
  const claim = await claimScene(pool, selection, obsid, owner, wanted);
  if (!claim.claimed) throw new Error(`scene ${obsid} is ${claim.status ?? 'not there'}`);
  const chunks = chunksOf(parcels);
  await storePlan(pool, selection, obsid, owner, chunks, origin);
  for (const chunk of chunks) {
    const rows = chunkRows(obsid, chunk);
    await storeChunk(pool, selection, obsid, owner, chunk.chunk, { ...rows, parcelSet: origin.parcelSet });
  }
  await markExtracted(pool, selection, obsid, owner);
}

function chunksOf(parcels: number): Chunk[] {
  return Array.from({ length: Math.ceil(parcels / PARCELS_A_CHUNK) }, (_, chunk) => ({
    chunk,
    firstPid: chunk * PARCELS_A_CHUNK + 1,
    lastPid: Math.min((chunk + 1) * PARCELS_A_CHUNK, parcels),
  }));
}

function chunkRows(obsid: number, { firstPid, lastPid }: Chunk) {
  const pids = Int32Array.from({ length: lastPid - firstPid + 1 }, (_, i) => firstPid + i);
  const statistics = new Float64Array(8 * pids.length);
  const signatures = new CopyBody(89 * pids.length * BANDS.length);
  for (const band of BANDS) {
    for (const [i, pid] of pids.entries()) {
      const mean = reflectanceOf(pid) * (0.7 + 0.6 * Math.random());
      const spread = mean * (0.05 + 0.1 * Math.random());
      // Numbers of pixels are whole, and so are quartiles of most.
      const quartile = Math.round(0.67 * spread);
      const middle = Math.round(mean);
      statistics.set([324, mean, spread], 8 * i);
      statistics.set([middle - 4 * quartile, middle + 4 * quartile], 8 * i + 3);
      statistics.set([middle - quartile, middle, middle + quartile], 8 * i + 5);
    }
    packSignatures(signatures, { obsid, band, pids, statistics });
  }
  const hists = new CopyBody(60 * pids.length);
  for (const pid of pids) {
    const cloudy = Math.floor(80 * Math.random());
    packHistogram(hists, pid, obsid, { length: 10, 4: 81 - cloudy, ...(cloudy > 40 && { 9: cloudy }) });
  }
  const accounts = { parcels: pids.length, rows: signatures.rows, hists: hists.rows };
  return { signatures: signatures.finish(), hists: hists.finish(), accounts, gaps: [], pids };
}

/** What is a parcel's own: numbers spread over a range without order. */
function reflectanceOf(pid: number): number {
  return 1200 + ((pid * 2_654_435) % 2500);
}
