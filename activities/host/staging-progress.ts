/** What staging tells of itself: what it is about, what has come, of how much that is wanted, of how much there is. */
import type { NeededPart } from '../../reading/needed-part.js';
import { shownAddress } from '../../store/address.js';
import type { ObjectInfo } from '../../store/object-store.js';
import type { CloudyCount } from '../contract.js';

/** In the order in which they come; a scene whose objects are all brought whole has the last alone. */
export type StagingPhase =
  'headers' | 'finding tiles with parcels' | 'class map' | 'tiles with parcels' | 'whole objects';

type Details = Readonly<Record<string, string | number>>;

export class StagingProgress {
  private readonly arrived = new Map<ObjectInfo, number>();
  private phase: StagingPhase = 'whole objects';
  private wanted: number;
  private object: Details = {};
  private tiles: Details = {};
  private cloudy: Details = {};

  /** @param ofBytes of all objects of the scene */
  constructor(
    private readonly tell: (details: Details) => void,
    private readonly ofBytes: number,
  ) {
    this.wanted = ofBytes;
  }

  /** @param wanted bytes, all that came before among them; left out where nothing more is */
  begin(phase: StagingPhase, wanted = this.wanted): void {
    this.phase = phase;
    this.wanted = wanted;
    this.object = {};
    this.report();
  }

  /** Parts of these objects are wanted, and of others so many bytes. */
  beginTiles(wholeBytes: number, needed: ReadonlyMap<ObjectInfo, NeededPart>): void {
    const parts = [...needed.values()];
    const sum = (of: (part: NeededPart) => number): number => parts.reduce((all, part) => all + of(part), 0);
    // What an attempt before this one has brought counts.
    for (const [object, { partial }] of needed) this.arrived.set(object, partial.bytes);
    this.tiles =
      parts.length === 0
        ? {}
        : { tiles: `${sum(({ blocks }) => blocks)} of ${sum(({ ofBlocks }) => ofBlocks)}` };
    this.begin(
      parts.length === 0 ? 'whole objects' : 'tiles with parcels',
      wholeBytes + sum(({ bytes }) => bytes),
    );
  }

  /** What the class map says of the parcels. */
  knowCloudy(count: CloudyCount | undefined): void {
    if (count) this.cloudy = { cloudy: `${count.parcels} of ${count.of} parcels` };
  }

  /** So many more bytes of the object have come. */
  came(object: ObjectInfo, bytes: number): void {
    this.reached(object, (this.arrived.get(object) ?? 0) + bytes);
  }

  /** So many bytes of the object are there. */
  reached(object: ObjectInfo, bytes: number): void {
    this.arrived.set(object, bytes);
    this.object = { object: shownAddress(object.key) };
    this.report();
  }

  private report(): void {
    const all = [...this.arrived.values()].reduce((sum, one) => sum + one, 0);
    this.tell({
      phase: this.phase,
      megabytes: megabytes(all),
      of: megabytes(this.wanted),
      ...(this.wanted < this.ofBytes && { inStore: megabytes(this.ofBytes) }),
      ...this.tiles,
      ...this.cloudy,
      ...this.object,
    });
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
