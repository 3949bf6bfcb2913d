/** When Sentinel-2 sees what: its swaths, each every five days by two satellites. */

/** Fifteen months, as long as JRC's season of Denmark was. */
export const DAYS = 456;
const REPEAT_DAYS = 5;
export const PASSES = Math.floor(DAYS / REPEAT_DAYS);

const SWATH_KM = 290;
/** From one orbit of 143 to the next, at 56.2° N: 360° / 143. */
const ORBIT_STEP_KM = 156;
/** Square to the track, whose direction there is 196° from north, for an inclination of 98.6°. */
const [ACROSS_X, ACROSS_Y] = [0.963, -0.269];
/** Kilometres of UTM's zone 32. */
const MIDDLE = { x: 600, y: 6200 };
const AROUND_KM = 400;

/** A swath: everything between two parallel lines. */
export interface Swath {
  readonly middle: number;
}

/** All that may meet the country. */
export function swaths(): Swath[] {
  const step = ORBIT_STEP_KM * ACROSS_X;
  const count = Math.ceil((AROUND_KM + SWATH_KM / 2) / step);
  return Array.from({ length: 2 * count + 1 }, (_, i) => ({ middle: (i - count) * step }));
}

export function sees({ middle }: Swath, x: number, y: number): boolean {
  return Math.abs(ACROSS_X * (x - MIDDLE.x) + ACROSS_Y * (y - MIDDLE.y) - middle) < SWATH_KM / 2;
}
