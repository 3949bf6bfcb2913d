/** What a source of scenes gives at a time. */
import type { NewScene } from '../../database/scenes/products.js';
import type { SyncCursor } from '../sync-contract.js';

/** What a source gives: scenes, and what of it is none. */
export interface SourcePage {
  readonly received: number;
  /** Those found to be known before they were read. */
  readonly known?: number;
  readonly scenes: readonly NewScene[];
  readonly refused: readonly Refused[];
  readonly matched: number | null;
  readonly next: SyncCursor | null;
}

export interface Refused {
  readonly name: string;
  readonly reason: string;
}
