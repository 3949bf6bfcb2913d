/** How often a scene may be staged: deploys and lost hosts are outlived, a scene that comes to nothing is given back. */
import type { Consequence } from './failures.js';

/** So many hosts may fall silent over a scene, without a chunk stored in between, before it is given back. */
const MAX_LOST_HOSTS = 3;
/** A deploy takes the staged files along, so a scene may be staged more often than that. */
const MAX_FRUITLESS_STAGINGS = 20;

export class Stagings {
  private stored = 0;
  private fruitless = 0;
  private lostHosts = 0;
  private hadBadCopy = false;

  constructor(private readonly hasHosts: boolean) {}

  begin(): void {
    this.stored = 0;
  }

  storedOne(): void {
    this.stored += 1;
  }

  /** Whether the scene may be staged once more after this. */
  allowAnother({ kind }: Consequence): boolean {
    // A series of deploys or lost hosts costs time, but as long as chunks are stored it comes to an end.
    this.fruitless = this.stored > 0 ? 0 : this.fruitless + 1;
    this.lostHosts = this.stored > 0 ? 0 : this.lostHosts + Number(kind === 'restage-host-gone');
    // A raster that can't be read is fetched once more: the copy may be at fault, not the product.
    const isFirstBadCopy = kind === 'mark' && !this.hadBadCopy;
    this.hadBadCopy ||= isFirstBadCopy;
    const mayStayHere = kind === 'restage' && this.fruitless < MAX_FRUITLESS_STAGINGS;
    const mayMove =
      kind === 'wait-for-room' || (kind === 'restage-host-gone' && this.lostHosts < MAX_LOST_HOSTS);
    return isFirstBadCopy || mayStayHere || (this.hasHosts && mayMove);
  }
}
