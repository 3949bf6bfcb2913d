/** Which parcels of a scene are cloudy, found once: staging, planning and every chunk ask for it. */
import { stat } from 'node:fs/promises';
import type { PidRange } from '../../database/parcels/parcel-copy.js';
import type { DecodedClasses } from '../../extraction/class-mask.js';
import type { CloudyParcels } from '../../extraction/cloudy-parcels.js';
import type { Masking } from '../../extraction/masking.js';
import type { PixelBudget } from '../../extraction/pixel-budget.js';
import { rejectOnAbort } from '../../extraction/reject-on-abort.js';
import { ScenePlanes } from '../../extraction/scene-planes.js';
import type { Threads } from '../../extraction/tasks.js';
import { meets } from '../../extraction/chunk-selection.js';
import type { Bounds, Coverage } from '../../zonal/index.js';
import type { CloudyCount } from '../contract.js';
import type { CoverageKeys, SceneCoverages, SceneLayers } from './scene-coverages.js';
import { decodedFor, type SceneSky } from './scene-mask.js';

/** Scenes of which the answer is kept: a third of a megabyte each, a grid and 300,000 parcels. */
const REMEMBERED = 16;

interface Grid {
  readonly masking: Masking;
  readonly coverages: Set<Coverage>;
}

/** An answer that several wait for; it is looked for as long as one of them does. */
interface Finding {
  readonly answer: Promise<Uint8Array[][]>;
  readonly stop: AbortController;
  waiting: number;
}

export class CloudyScenes {
  /** By all that it depends on: pixels of the class map, the rule, which pixels parcels have. */
  private readonly known = new Map<string, Finding>();

  constructor(
    private readonly threads: Threads,
    private readonly budget: PixelBudget,
  ) {}

  /**
   * Decodes the class map, of which all must be there that `needsOf` says, unless the answer is known.
   * @returns undefined where cloudy parcels are measured as others are
   * @throws RasterError, NotFetched
   */
  async find(
    layers: SceneLayers,
    covered: SceneCoverages,
    keys: CoverageKeys,
    signal: AbortSignal,
  ): Promise<CloudyParcels | undefined> {
    const { sky } = layers;
    if (sky === undefined) return undefined;
    const grids = gridsOf(sky, covered);
    const key = await keyOf(layers, sky, keys);
    const finding = this.known.get(key) ?? this.begin(key, layers, sky, covered, grids);
    this.remember(key, finding);
    const cloudy = await this.waitFor(key, finding, signal);
    return new Map(
      grids.flatMap(({ coverages }, grid) =>
        [...coverages].map((coverage, i): [Coverage, Uint8Array] => [coverage, cloudy[grid]![i]!]),
      ),
    );
  }

  private begin(key: string, ...asked: [SceneLayers, SceneSky, SceneCoverages, readonly Grid[]]): Finding {
    const stop = new AbortController();
    const finding = { answer: this.decide(...asked, stop.signal), stop, waiting: 0 };
    finding.answer.catch(() => {
      this.forget(key, finding);
    });
    return finding;
  }

  private async waitFor(key: string, finding: Finding, signal: AbortSignal): Promise<Uint8Array[][]> {
    finding.waiting += 1;
    try {
      return await rejectOnAbort(finding.answer, signal);
    } finally {
      finding.waiting -= 1;
      if (signal.aborted && finding.waiting === 0) {
        this.forget(key, finding);
        finding.stop.abort(signal.reason);
      }
    }
  }

  private forget(key: string, finding: Finding): void {
    if (this.known.get(key) === finding) this.known.delete(key);
  }

  private remember(key: string, finding: Finding): void {
    this.known.delete(key);
    this.known.set(key, finding);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= REMEMBERED) break;
      this.known.delete(oldest);
    }
  }

  private async decide(
    { images }: SceneLayers,
    sky: SceneSky,
    { raw, clear }: SceneCoverages,
    grids: readonly Grid[],
    signal: AbortSignal,
  ): Promise<Uint8Array[][]> {
    const { classMap, unclear, widenM } = sky;
    const [image, coverage] = [images[classMap]!, raw[classMap]!];
    const looked = [...decodedFor(sky, raw), ...(clear === raw ? [] : decodedFor(sky, clear))];
    const alsoDecoded = looked.map((one) => ({ ...one, image: 0 }));
    const planes = new ScenePlanes([image], [coverage], urgent(this.threads), this.budget, {
      alsoDecoded,
      clear: { classMap: 0, unclear, widenM },
    });
    const find = async (classes: DecodedClasses, { masking, coverages }: Grid): Promise<Uint8Array[]> => {
      const buffers = [...coverages].map(({ buffer }) => buffer);
      const pieces = piecesOf([...coverages][0]!, this.threads.size).map((pids) =>
        this.threads.run({ kind: 'find-cloudy', ...classes, masking, coverages: buffers, pids }, signal),
      );
      // No thread may look at pixels that are given back.
      await Promise.allSettled(pieces);
      const found = await Promise.all(pieces);
      return buffers.map((_, i) => joined(found.map((piece) => piece[i]!)));
    };
    try {
      return await planes.use(-Infinity, Infinity, signal, async ([plane], mask) => {
        const classes = { path: image.path, plane: plane!, mask, unclear };
        const finding = grids.map((grid) => find(classes, grid));
        await Promise.allSettled(finding);
        return await Promise.all(finding);
      });
    } finally {
      planes.close();
    }
  }
}

/** Threads that decode what is asked of them before blocks of other scenes: those wait for it far shorter than a download would. */
function urgent(threads: Threads): Threads {
  return {
    size: threads.size,
    run: (task, signal) => threads.run({ ...task, isUrgent: true }, signal),
    broadcast: (task) => threads.broadcast(task),
  };
}

/** All parcel ids there are, in ranges of about as many parcels of the coverage. */
function piecesOf({ pids, count }: Coverage, pieces: number): PidRange[] {
  const firsts = Array.from({ length: pieces }, (_, i) =>
    i === 0 ? -Infinity : pids[Math.floor((count * i) / pieces)]!,
  );
  return firsts.map((first, i) => ({ first, last: i + 1 < pieces ? firsts[i + 1]! - 1 : Infinity }));
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Grids that something is measured on; on one grid a parcel is cloudy in all layers or in none. */
function gridsOf({ maskings }: SceneSky, { raw, clear }: SceneCoverages): Grid[] {
  const grids = new Map<Coverage, Grid>();
  maskings.forEach((masking, image) => {
    if (masking === undefined) return;
    const [ofRaw, ofClear] = [raw[image]!, clear[image]!];
    const grid = grids.get(ofRaw) ?? { masking, coverages: new Set([ofRaw]) };
    grid.coverages.add(ofClear);
    grids.set(ofRaw, grid);
  });
  return [...grids.values()];
}

async function keyOf(
  { images }: SceneLayers,
  { classMap, unclear, widenM, maskings }: SceneSky,
  { coverages, clearCoverages }: CoverageKeys,
): Promise<string> {
  const { path, rasterBand } = images[classMap]!;
  const { ino, mtimeMs } = await stat(path);
  return JSON.stringify([
    ...[path, ino, mtimeMs, rasterBand, unclear, widenM],
    maskings.map((masking, i) => masking && [coverages[i], clearCoverages?.[i]]),
  ]);
}

/** How many of a scene's parcels are cloudy on the finest grid that is measured. */
export function countCloudy(cloudy: CloudyParcels, footprint: Bounds): CloudyCount | undefined {
  const [finest] = [...cloudy.keys()].sort((a, b) => a.grid.stepX - b.grid.stepX);
  if (finest === undefined) return undefined;
  const left = cloudy.get(finest)!;
  const { count, offsets, bounds } = finest;
  const counted = { parcels: 0, of: 0 };
  for (let parcel = 0; parcel < count; parcel++) {
    if (offsets[parcel] === offsets[parcel + 1] || !meets(bounds, 4 * parcel, footprint)) continue;
    counted.of += 1;
    counted.parcels += left[parcel]!;
  }
  return counted;
}
