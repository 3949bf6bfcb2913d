/** Who asks, and for which areas of interest. */

export interface Account {
  readonly name: string;
  /** In small letters; `admin` stands for all, as in CbM's users.json. */
  readonly aois: ReadonlySet<string>;
}

const ALL = 'admin';

/** Everybody, where accounts are off. */
export const NOBODY_ASKED: Account = { name: '-', aois: new Set([ALL]) };

export function accountOf(name: string, aois: readonly string[]): Account {
  return { name, aois: new Set(aois.map((aoi) => aoi.toLowerCase())) };
}

/** Whether an account may see datasets of an area. */
export function maySee({ aois }: Account, aoi: string): boolean {
  return aois.has(ALL) || aois.has(aoi.toLowerCase());
}

/** Whether an account may see what is of no area, or of several. */
export function maySeeAll({ aois }: Account): boolean {
  return aois.has(ALL);
}
