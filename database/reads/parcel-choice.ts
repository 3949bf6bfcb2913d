/** Which parcels of a table are meant: all, or those that an area reaches. */
import pg from 'pg';
import type { Table } from '../terms.js';

export interface ParcelChoice {
  readonly parcels: Table & { readonly srid: number };
  readonly area?: ChosenArea | undefined;
}

/** A GeoJSON geometry in degrees, or the rows of the AOI table with a name; `field` as it stands in a statement. */
export type ChosenArea =
  { readonly geojson: string } | { readonly aois: Table; readonly field: string; readonly name: string };

/** Whether parcel `p` meets the area. The area is transformed once, so that an index of the parcels finds them. */
export function isChosen({ parcels, area }: ParcelChoice): string {
  if (area === undefined) return 'true';
  const shape =
    'geojson' in area
      ? `ST_UnaryUnion(ST_CollectionExtract(ST_SetSRID(ST_GeomFromGeoJSON(${pg.escapeLiteral(area.geojson)}), 4326), 3))`
      : `ST_Union(a.wkb_geometry) FROM ${area.aois.key} a WHERE a.${area.field} = ${pg.escapeLiteral(area.name)}`;
  return `ST_Intersects(p.wkb_geometry, (SELECT ST_Transform(shape, ${parcels.srid}) FROM (SELECT ${shape}) AS area (shape)))`;
}
