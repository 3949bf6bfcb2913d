import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { polygonsOf } from '../../cli/geojson-area.js';
import { UserError } from '../../terminal/user-error.js';
import { temporaryFolder } from '../temporary-folder.js';

const RING = [
  [3, 51],
  [3.1, 51],
  [3.1, 51.1],
  [3, 51],
];
const OTHER = RING.map(([x, y]) => [x! + 1, y!]);
const polygon = (...rings: number[][][]) => ({ type: 'Polygon', coordinates: rings });
const feature = (geometry: object) => ({ type: 'Feature', properties: { name: 'x' }, geometry });

describe('an area in a GeoJSON file', () => {
  const folder = temporaryFolder('geojson');
  const read = async (content: unknown): Promise<unknown> => {
    const path = join(folder, 'area.geojson');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return JSON.parse(await polygonsOf(path)) as unknown;
  };

  it('is all of its polygons together, whatever they stand in', async () => {
    const both = { type: 'MultiPolygon', coordinates: [[RING], [OTHER]] };
    assert.deepEqual(await read(both), both);
    assert.deepEqual(
      await read({ type: 'FeatureCollection', features: [feature(polygon(RING)), feature(polygon(OTHER))] }),
      both,
    );
    assert.deepEqual(await read(feature(both)), both);
    assert.deepEqual(await read(polygon(RING)), { type: 'MultiPolygon', coordinates: [[RING]] });
  });

  it('is refused where it is none, with the file named', async () => {
    for (const content of [
      ...['{', '[]', { type: 'Point', coordinates: [3, 51] }, { type: 'FeatureCollection', features: [] }],
      ...[polygon([[3, 51]]), polygon(RING.map(([x, y]) => [x! * 100_000, y!]))],
    ])
      await assert.rejects(
        read(content),
        (error) => error instanceof UserError && error.message.includes('area.geojson'),
      );
    await assert.rejects(polygonsOf(join(folder, 'none.geojson')), /there is no such file/);
  });
});
