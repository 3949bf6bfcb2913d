/** Where products of a listing lie, by what their metadata say. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { opticalOutline } from '../../../cards/sentinel2/outline.js';
import { FolderStore } from '../../../store/folder-store.js';

const RING = '50.8 2.9 50.8 3.2 51.1 3.2 51.1 2.9 50.8 2.9';

describe("an s2 product's outline", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'parcelwise-outline-'));
    await mkdir(join(root, 'P.SAFE'));
  });
  after(() => rm(root, { recursive: true }));

  const outlineOf = async (xml: string) => {
    await writeFile(join(root, 'P.SAFE', 'MTD_MSIL2A.xml'), xml);
    return await opticalOutline({ name: 'P.SAFE', prefix: 'P.SAFE/' }, new FolderStore(root));
  };
  const document = (list: string, clouds = '3.5'): string =>
    `<?xml version='1.0'?><n1:P xmlns:n1='x'><EXT_POS_LIST note='a>b'>${list}</EXT_POS_LIST>` +
    `<Cloud_Coverage_Assessment>${clouds}</Cloud_Coverage_Assessment>` +
    `<GENERATION_TIME>2024-03-02T14:22:12.000000Z</GENERATION_TIME></n1:P>`;

  it('is its EXT_POS_LIST, with clouds and time of production', async () => {
    const { ring, epsg, cloudCover, generated } = await outlineOf(document(`\n ${RING} \n`));
    assert.deepEqual([ring.length, ring[1], epsg], [5, [3.2, 50.8], 4326]);
    assert.deepEqual([cloudCover, generated], [3.5, '2024-03-02T14:22:12.000000']);
    assert.equal((await outlineOf(document(RING, 'none'))).cloudCover, null);
  });

  it('of metadata that no parser takes is refused by name and reason', async () => {
    await assert.rejects(outlineOf(document(RING).replace('</n1:P>', '')), {
      ...{ name: 'RasterError', message: /P\.SAFE\/MTD_MSIL2A\.xml: is XML that is not well-formed/ },
    });
    await assert.rejects(outlineOf(document('1 2')), { name: 'ObjectMissing' });
    await assert.rejects(outlineOf(document(`${RING} `.repeat(20_000))), { message: /bytes of XML/ });
  });

  it('of hostile metadata takes milliseconds', async () => {
    const began = performance.now();
    for (const part of ['<EXT_POS_LIST ', '<EXT_POS_LIST>', '<EXT_POS_LIST\n'])
      await assert.rejects(outlineOf(part.repeat(500_000 / part.length)));
    assert.ok(performance.now() - began < 3000);
  });
});
