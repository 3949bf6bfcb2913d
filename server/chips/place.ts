/** A place that chips are cut around, in the coordinates of whatever scene. */
import type pg from 'pg';
import { type Box, placeIn } from '../../database/reads/scenes-at.js';
import { METRES_PER_DEGREE } from './chip-window.js';

type Point = Awaited<ReturnType<typeof placeIn>>;

export class Place {
  private readonly known = new Map<number, Promise<Point>>();

  constructor(
    private readonly pool: pg.Pool,
    /** Degrees. */
    readonly lon: number,
    readonly lat: number,
  ) {}

  /** Asked of the database once a CRS. */
  in(epsg: number): Promise<Point> {
    const point = this.known.get(epsg) ?? placeIn(this.pool, this, epsg);
    this.known.set(epsg, point);
    return point;
  }

  /** Around the place, that wide on the ground. */
  box(metres: number): Box {
    const up = metres / 2 / METRES_PER_DEGREE;
    const across = up / Math.cos((this.lat * Math.PI) / 180);
    return {
      ...{ west: this.lon - across, east: this.lon + across },
      ...{ south: this.lat - up, north: this.lat + up },
    };
  }
}
