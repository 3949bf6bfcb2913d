/**
 * A block of parcels, in the kernel's memory: the caller (../parcel-block.ts) puts outlines and tables there as they stand in a
 * parcel set, and takes spans as they stand in a coverage.
 */

export const PARCELS: i32 = 1 << 11;
export const RINGS: i32 = 1 << 12;
export const POINTS: i32 = 1 << 13;
export const SPANS: i32 = 1 << 15;

/** x and y of each point, as doubles. */
export const points: usize = memory.data(16 * POINTS, 16);
/** The first point of each ring, the block's first ring first, and behind the last one; counted in the whole set. */
export const pointOffsets: usize = memory.data(4 * (RINGS + 1), 16);
/** Which polygon of its parcel a ring belongs to. */
export const parts: usize = memory.data(4 * RINGS, 16);
/** The first ring of each parcel, the block's first parcel first, and behind the last one; counted in the whole set. */
export const ringOffsets: usize = memory.data(4 * (PARCELS + 1), 16);

/** Pixel number and length of each span: 32 bits and 16. There is room for an empty one behind them. */
export const starts: usize = memory.data(4 * SPANS + 4, 16);
export const lengths: usize = memory.data(2 * SPANS + 2, 16);
/** How many spans there are of the parcels up to each one and with it, 32 bits. */
export const ends: usize = memory.data(4 * PARCELS, 16);

/** The shares of pixels covered in part, as doubles without their last 20 bits: here the 32 bits before those. */
export const SHARES: i32 = 1 << 17;
export const fractions: usize = memory.data(4 * SHARES, 16);
/** Of each share a byte that tells how many pixels covered wholly stand before it since the last one, and its exponent, a byte. */
export const steps: usize = memory.data(2 * SHARES, 16);
/** What the exponent of a double has above the byte. */
export const EXPONENT: u64 = 823;
/** How many shares there are of the parcels up to each one and with it, 32 bits. */
export const shareEnds: usize = memory.data(4 * PARCELS, 16);
