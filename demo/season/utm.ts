/** From UTM to longitude and latitude: footprints and product metadata speak WGS 84. */
import type { Point, Ring } from './area.js';

const EQUATOR_METRES = 6_378_137;
const FLATTENING = 1 / 298.257223563;
const SCALE = 0.9996;
const N = FLATTENING / (2 - FLATTENING);

/**
 * Longitude and latitude in degrees of a point of a northern UTM zone, to well under a millimetre: Krueger's series to
 * the third order of the third flattening (Karney 2011, "Transverse Mercator with an accuracy of a few nanometers").
 */
export function toLonLat([east, north]: Point, zone: number): Point {
  const a = (EQUATOR_METRES / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
  const beta = [
    N / 2 - (2 / 3) * N ** 2 + (37 / 96) * N ** 3,
    N ** 2 / 48 + N ** 3 / 15,
    (17 / 480) * N ** 3,
  ];
  const delta = [
    2 * N - (2 / 3) * N ** 2 - 2 * N ** 3,
    (7 / 3) * N ** 2 - (8 / 5) * N ** 3,
    (56 / 15) * N ** 3,
  ];
  const xi = north / (SCALE * a);
  const eta = (east - 500_000) / (SCALE * a);
  let xi0 = xi;
  let eta0 = eta;
  beta.forEach((b, i) => {
    const j = 2 * (i + 1);
    xi0 -= b * Math.sin(j * xi) * Math.cosh(j * eta);
    eta0 -= b * Math.cos(j * xi) * Math.sinh(j * eta);
  });
  const conformal = Math.asin(Math.sin(xi0) / Math.cosh(eta0));
  const latitude = delta.reduce((sum, d, i) => sum + d * Math.sin(2 * (i + 1) * conformal), conformal);
  const longitude = (6 * zone - 183) * (Math.PI / 180) + Math.atan2(Math.sinh(eta0), Math.cos(xi0));
  return [degrees(longitude), degrees(latitude)];
}

/** A ring of zone 31 in longitude and latitude. */
export function ringToLonLat(ring: Ring): Ring {
  return ring.map((point) => toLonLat(point, 31));
}

/** To 1e-7 degrees, about a centimetre. */
function degrees(radians: number): number {
  return Math.round((radians * 180 * 1e7) / Math.PI) / 1e7;
}
