/** A scene of the small season taken through all of its steps, with made-up pixels: what a worker leaves in the database. */
import type pg from 'pg';
import type { CheckedSelection } from '../../database/selection/check.js';
import { storeChunk } from '../../database/ledger/chunk-store.js';
import { claimScene } from '../../database/ledger/claim.js';
import { CopyBody, packHistogram, packSignatures } from '../../database/results/copy-rows.js';
import { markExtracted } from '../../database/ledger/mark.js';
import { type Origin, originOf } from '../../database/ledger/origin.js';
import { storePlan } from '../../database/ledger/plan.js';
import { inSnapshot } from '../../database/session/session.js';
import type { Chunk, Owner } from '../../database/terms.js';

export const BANDS = ['B04', 'B08', 'SC'];
export const CLASS_BAND = 'SC';
/** The parcel of each chunk that has no data in any band. */
const CLOUDED = 3;

/** Two chunks of the season's forty parcels. */
export const CHUNKS: readonly Chunk[] = [
  { chunk: 0, firstPid: 1, lastPid: 20 },
  { chunk: 1, firstPid: 21, lastPid: 40 },
];

/** For plans of tests that ask for none. */
export const SOME_ORIGIN: Origin = {
  parcelSet: 'some-parcels',
  selection: {
    tables: { catalogue: 'public.dias_catalogue', aois: 'public.aois', parcels: 'public.parcels' },
    ...{ aoi: { field: 'name', name: 'here' }, minAreaM2: 3000, rule: 'some-rule', footprint: null },
  },
};

export function ownerOf(selection: CheckedSelection, obsid: number, run = 'run-a'): Owner {
  return { workflowId: `scene/${selection.results.key}/${obsid}`, runId: run };
}

/** Claims the scene and stores so many of its chunks. */
export async function beginScene(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  chunks = CHUNKS.length,
  bands: readonly string[] = BANDS,
): Promise<void> {
  const owner = ownerOf(selection, obsid);
  const claim = await claimScene(pool, selection, obsid, owner, {
    campaign: 'campaign/spring',
    bands,
    classBand: CLASS_BAND,
  });
  if (!claim.claimed) throw new Error(`scene ${obsid} is ${claim.status ?? 'not there'}`);
  const origin = await inSnapshot(pool, (client) => originOf(client, selection, obsid));
  await storePlan(pool, selection, obsid, owner, CHUNKS, origin);
  for (const { chunk, firstPid } of CHUNKS.slice(0, chunks)) {
    const stored = {
      ...chunkRows(obsid, firstPid, bands, selection.hists !== undefined),
      parcelSet: origin.parcelSet,
    };
    await storeChunk(pool, selection, obsid, owner, chunk, stored);
  }
}

export async function extractScene(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  bands: readonly string[] = BANDS,
): Promise<void> {
  await beginScene(pool, selection, obsid, CHUNKS.length, bands);
  await markExtracted(pool, selection, obsid, ownerOf(selection, obsid));
}

function chunkRows(obsid: number, firstPid: number, bands: readonly string[], withHists: boolean) {
  const pids = Int32Array.from({ length: 20 }, (_, i) => firstPid + i);
  const clear = pids.filter((_, i) => i !== CLOUDED);
  const statistics = Float64Array.from({ length: 8 * clear.length }, (_, i) => i + 1);
  const signatures = new CopyBody();
  for (const band of bands) packSignatures(signatures, { obsid, band, pids: clear, statistics });
  const hists = new CopyBody();
  if (withHists && bands.includes(CLASS_BAND))
    for (const pid of clear) packHistogram(hists, pid, obsid, { length: 5, 4: 55 });
  return {
    signatures: signatures.finish(),
    hists: hists.finish(),
    accounts: { parcels: pids.length, rows: signatures.rows, hists: hists.rows },
    gaps: bands.map((band) => ({ band, reason: 'no-data' as const, pids: [pids[CLOUDED]!] })),
    pids,
  };
}
