import type { Box } from '../../database/selection/box.js';

/** PostGIS's `&&` of two rounded boxes. */
export function boxesMeet(a: Box, b: Box): boolean {
  return a.minX <= b.maxX && b.minX <= a.maxX && a.minY <= b.maxY && b.minY <= a.maxY;
}
