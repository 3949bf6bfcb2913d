/** A scene of the small season taken through all of its steps, with made-up pixels: what a worker leaves in the database. */
import type pg from 'pg';
import type { CheckedSelection } from '../../database/selection/check.js';
import { type Gap, storeChunk } from '../../database/ledger/chunk-store.js';
import { claimScene } from '../../database/ledger/claim.js';
import { CopyBody, packHistogram, packSignatures } from '../../database/results/copy-rows.js';
import { markExtracted } from '../../database/ledger/mark.js';
import { type Origin, originOf } from '../../database/ledger/origin.js';
import { storePlan } from '../../database/ledger/plan.js';
import { inSnapshot } from '../../database/session/session.js';
import { clearLayer } from '../../database/ledger/layer-names.js';
import type { Chunk, MeasuringRule, Owner } from '../../database/terms.js';

export const BANDS = ['B04', 'B08', 'SC'];
export const CLASS_BAND = 'SC';
/** The parcels of each chunk that have no data in any band; no clear pixel; and one. */
const EMPTY = 3;
const CLOUDED = 5;
const SPARSE = 6;

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

export const CLEAR_RULE: MeasuringRule = {
  pixels: 'centre',
  innerBufferM: 0,
  indices: {},
  clear: { classes: [3, 8], widenM: 0, minPixels: 2, innerBufferM: 0 },
};

function clearBandsIn(bands: readonly string[]): string[] {
  return bands.filter((band) => band !== CLASS_BAND);
}

/** Claims the scene and stores so many of its chunks. */
export async function beginScene(
  pool: pg.Pool,
  selection: CheckedSelection,
  obsid: number,
  chunks = CHUNKS.length,
  bands: readonly string[] = BANDS,
  rule: MeasuringRule = CLEAR_RULE,
): Promise<void> {
  const owner = ownerOf(selection, obsid);
  const claim = await claimScene(pool, selection, obsid, owner, {
    campaign: 'campaign/spring',
    bands,
    classBand: CLASS_BAND,
    clearBands: clearBandsIn(bands),
    rule,
  });
  if (!claim.claimed) throw new Error(`scene ${obsid} is ${claim.status ?? 'not there'}`);
  const origin = await inSnapshot(pool, (client) => originOf(client, selection, obsid));
  await storePlan(pool, selection, obsid, owner, CHUNKS, origin);
  for (const { chunk, firstPid } of CHUNKS.slice(0, chunks)) {
    const stored = {
      ...chunkRows(obsid, firstPid, bands, selection),
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
  rule?: MeasuringRule,
): Promise<void> {
  await beginScene(pool, selection, obsid, CHUNKS.length, bands, rule);
  await markExtracted(pool, selection, obsid, ownerOf(selection, obsid));
}

function chunkRows(
  obsid: number,
  firstPid: number,
  bands: readonly string[],
  { hists: withHists, clear: withClear }: CheckedSelection,
) {
  const pids = Int32Array.from({ length: 20 }, (_, i) => firstPid + i);
  const without = (...left: number[]) => pids.filter((_, i) => !left.includes(i));
  const valid = without(EMPTY);
  const statistics = Float64Array.from({ length: 8 * pids.length }, (_, i) => i + 1);
  const signatures = new CopyBody();
  for (const band of bands) packSignatures(signatures, { obsid, band, pids: valid, statistics });
  const hists = new CopyBody();
  if (withHists && bands.includes(CLASS_BAND))
    for (const pid of valid) packHistogram(hists, pid, obsid, { length: 5, 4: 55 });
  const gaps: Gap[] = bands.map((band) => ({ band, reason: 'no-data', pids: [pids[EMPTY]!] }));
  const common = { signatures: signatures.finish(), hists: hists.finish(), pids };
  const accounts = { parcels: pids.length, rows: signatures.rows, hists: hists.rows };
  if (!withClear) return { ...common, accounts, gaps };

  const clear = new CopyBody();
  for (const band of clearBandsIn(bands)) {
    packSignatures(clear, { obsid, band, pids: without(EMPTY, CLOUDED, SPARSE), statistics });
    for (const [reason, parcel] of [
      ['no-data', EMPTY],
      ['cloudy', CLOUDED],
      ['too-few-pixels', SPARSE],
    ] as const)
      gaps.push({ band: clearLayer(band), reason, pids: [pids[parcel]!] });
  }
  return { ...common, clear: clear.finish(), accounts: { ...accounts, clear: clear.rows }, gaps };
}
