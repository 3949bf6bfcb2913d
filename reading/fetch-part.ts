/** Fetches what is needed of an object, and sees that it is there. */
import { type ByteRange, bytesOf, RasterError, type Seek, writePlaces } from '../rasters/index.js';
import { untilOneFails } from '../store/until-one-fails.js';
import { type FetchCosts, PIECE_BYTES } from './fetch-costs.js';
import { knownRanges, type NeededPart, rangesOf, seeksOf } from './needed-part.js';
import type { Bringing, PartialObject } from './partial-object.js';

/**
 * Brings a part, and sees that all that is needed of it is there, and is what the header said.
 * @param onFound is called when it is known where all of it lies
 * @throws RasterError, NotFetched where it isn't; ObjectReplaced, RangesIgnored and what else the store fails with
 */
export async function fetchPart(
  part: NeededPart,
  costs: FetchCosts,
  bringing: Bringing,
  onFound?: () => void,
): Promise<void> {
  const { partial, raster, windows } = part;
  let ranges = knownRanges(part);
  if (!ranges) {
    const seeks = seeksOf(part);
    if (seeks) await follow(partial, seeks, bringing);
    else await followChain(part, costs, bringing);
    // Readers in other threads, and who stages it again, need not look for it.
    await writePlaces(partial.path, raster.places?.() ?? []);
    ranges = rangesOf(raster, windows);
  }
  onFound?.();
  await partial.bring(costs.withGaps(ranges), bringing);
  // Asked again, a raster looks at what is there now: lists in headers are compared with it.
  if (partial.missing(rangesOf(raster, windows)).length > 0)
    throw new RasterError(raster.path, 'was not fetched where it was needed');
}

/** Finds blocks where they may lie, several groups of them at a time. */
async function follow(
  partial: PartialObject,
  seeks: readonly Seek[],
  { signal, onBytes }: Bringing,
): Promise<void> {
  await untilOneFails(seeks, signal, async (seek, either) => {
    for (let range = seek.next(); range !== undefined; range = seek.next())
      await partial.bring([range], { signal: either, onBytes });
  });
}

/** Finds block after block, and fetches what is found meanwhile. */
async function followChain(
  { partial, raster, windows }: NeededPart,
  costs: FetchCosts,
  bringing: Bringing,
): Promise<void> {
  const fetches: Promise<void>[] = [];
  let found: ByteRange[] = [];
  const fetchFound = (): void => {
    const fetch = partial.bring(costs.withGaps(found), bringing);
    // Heard of below.
    fetch.catch(() => undefined);
    fetches.push(fetch);
    found = [];
  };
  try {
    for (const [band, window] of windows) {
      found.push(...(await partial.reading(() => raster.rangesOf(band, window), 0, bringing)));
      if (bytesOf(found) >= PIECE_BYTES) fetchFound();
    }
    fetchFound();
  } finally {
    await Promise.allSettled(fetches);
  }
  await Promise.all(fetches);
}
