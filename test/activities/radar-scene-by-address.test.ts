/** A Sentinel-1 scene that a STAC API tells of, from its item to its rows: they are those of the same pixels by the layout of keys. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Order } from '../../campaigns/order.js';
import { query } from '../../database/session/session.js';
import { enviFile } from '../../demo/season/envi-file.js';
import { geotiffFile } from '../../demo/season/geotiff-file.js';
import type { StacItem } from '../../stac/scene-facts.js';
import { skipWithoutServer } from '../database/database.js';
import { GRID } from '../database/season.js';
import { AddressedPlace, RING } from './addressed-place.js';
import { put } from './dependencies.js';

const BS = ['3A51', '77FE'].map(
  (end) => `S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_${end}_CARD_BS`,
) as [string, string];
const C6 = ['DESC', 'ASC'].map((pass) => `S1A_20240306T055824_20240223T055825_${pass}_CARD_COH6`) as [
  string,
  string,
];

/** Linear gamma0 that counts columns, with no data in every seventh. */
const pixels = (scale: number): Float32Array =>
  Float32Array.from({ length: GRID.width * GRID.height }, (_, i) =>
    (i % GRID.width) % 7 === 0 ? 0 : scale * (i % GRID.width),
  );
const VV = pixels(0.001);
const VH = pixels(0.0002);

describe('a Sentinel-1 scene that a STAC item tells the addresses of', { skip: skipWithoutServer }, () => {
  let place: AddressedPlace;
  before(async () => {
    place = await AddressedPlace.open();
  });
  after(() => place.close());

  const item = (id: string, assets: object): StacItem => ({
    ...{ type: 'Feature', id, collection: 'card', assets, links: [] },
    geometry: { type: 'Polygon', coordinates: [RING] },
    properties: { datetime: id.startsWith('S1A_IW') ? '2024-03-04T17:24:31Z' : '2024-03-06T05:58:24Z' },
  });

  /** Syncs the items, and extracts each of their scenes; the rows of each. */
  async function extracted(card: 'bs' | 'c6'): Promise<object[][]> {
    const { dependencies, test } = place;
    await place.sync('card');
    const scenes = await query<{ obsid: number; reference: string; obstime: string }>(
      dependencies.pool,
      `SELECT id AS obsid, reference, to_char(obstime, 'YYYY-MM-DD"T"HH24:MI:SS') AS obstime FROM dias_catalogue
       WHERE card = $1 AND id > 100 ORDER BY reference`,
      [card],
    );
    const order: Order = { ...test.order, card, bands: card === 'bs' ? ['VVb', 'VHb'] : ['VVc', 'VHc'] };
    const rows: object[][] = [];
    for (const scene of scenes) {
      await place.extract({ ...test.task, order, scene, owner: place.ownerOf(scene.obsid) });
      rows.push(await place.rowsOf(scene.obsid));
    }
    return rows;
  }

  const located = async (): Promise<string[]> =>
    (
      await query<{ located: string }>(
        place.dependencies.pool,
        `SELECT e.facts ->> 'located' AS located FROM parcelwise.extraction e JOIN dias_catalogue d ON d.id = e.obsid ORDER BY d.reference`,
      )
    ).map((row) => row.located);

  it('of bs has the rows of the same pixels: ENVI on a web server, headers beside', async () => {
    for (const [band, numbers] of Object.entries({ VV, VH })) {
      const { header, image } = enviFile(numbers, GRID, `Gamma0_${band}`);
      place.web.objects.set(`/a/Gamma0_${band}.img`, image).set(`/a/Gamma0_${band}.hdr`, header);
      const folder = `Sentinel-1/SAR/CARD-BS/2024/03/04/${BS[1]}/${BS[1]}.data`;
      await put(place.test.bucket, `${folder}/Gamma0_${band}.img`, image);
      await put(place.test.bucket, `${folder}/Gamma0_${band}.hdr`, header);
    }
    const assets = {
      vv: { href: `${place.web.url}/a/Gamma0_VV.img?token=head.body.mark` },
      vh: { href: `${place.web.url}/a/Gamma0_VH.img?token=head.body.mark` },
    };
    place.api.items = [item(BS[0], assets), item(BS[1], {})];
    const [byAddress, byLayout] = await extracted('bs');
    assert.equal(byAddress?.length, 80);
    assert.deepEqual(byAddress, byLayout);
    assert.deepEqual(await located(), ['catalogue', 'layout']);
  });

  it('of c6 has them too: both polarisations in one GeoTIFF, in the order and with the no-data that the item tells', async () => {
    const infinite = [VH, VV].map((numbers) => numbers.map((value) => (value === 0 ? -Infinity : value)));
    place.web.objects.set('/coherence.tif', geotiffFile(infinite, GRID));
    await put(
      place.test.bucket,
      `Sentinel-1/SAR/CARD-COH6/2024/03/06/${C6[0]}/${C6[0]}.tif`,
      geotiffFile([VV, VH], GRID),
    );
    const bands = [{ name: 'VH' }, { name: 'VV' }];
    place.api.items = [
      item(C6[0], {}),
      item(C6[1], { data: { href: `${place.web.url}/coherence.tif`, bands, nodata: '-inf' } }),
    ];
    const [byAddress, byLayout] = await extracted('c6');
    assert.equal(byAddress?.length, 80);
    assert.deepEqual(byAddress, byLayout);
  });
});
