/** UTM of the northern hemisphere to some ten metres, in kilometres (Krüger's series, its first terms). */

const RADIUS_KM = 6367.449;
const SCALE = 0.9996;
const ALPHA = 8.377e-4;
const ECCENTRICITY = 0.0818192;
const FALSE_EASTING_KM = 500;
const DEGREE = Math.PI / 180;

export interface Place {
  readonly x: number;
  readonly y: number;
}

export function toUtm(longitude: number, latitude: number, zone: number): Place {
  const [phi, lambda] = [latitude * DEGREE, (longitude - middleOf(zone)) * DEGREE];
  const t = Math.sinh(Math.atanh(Math.sin(phi)) - ECCENTRICITY * Math.atanh(ECCENTRICITY * Math.sin(phi)));
  const xi = Math.atan2(t, Math.cos(lambda));
  const eta = Math.atanh(Math.sin(lambda) / Math.hypot(1, t));
  return {
    x: FALSE_EASTING_KM + SCALE * RADIUS_KM * (eta + ALPHA * Math.cos(2 * xi) * Math.sinh(2 * eta)),
    y: SCALE * RADIUS_KM * (xi + ALPHA * Math.sin(2 * xi) * Math.cosh(2 * eta)),
  };
}

export function fromUtm({ x, y }: Place, zone: number): { longitude: number; latitude: number } {
  const [xi, eta] = [y / (SCALE * RADIUS_KM), (x - FALSE_EASTING_KM) / (SCALE * RADIUS_KM)];
  const [xi0, eta0] = [
    xi - ALPHA * Math.sin(2 * xi) * Math.cosh(2 * eta),
    eta - ALPHA * Math.cos(2 * xi) * Math.sinh(2 * eta),
  ];
  // The conformal latitude is less than the geodetic one by so much.
  const conformal = Math.asin(Math.sin(xi0) / Math.cosh(eta0));
  const latitude = conformal + 0.003357 * Math.sin(2 * conformal);
  const longitude = middleOf(zone) + Math.atan2(Math.sinh(eta0), Math.cos(xi0)) / DEGREE;
  return { longitude, latitude: latitude / DEGREE };
}

function middleOf(zone: number): number {
  return 6 * zone - 183;
}
