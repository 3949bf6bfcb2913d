/**
 * Locates the bands of an `s2` scene at the addresses it is given, and brings their objects into a folder, each under its
 * band's name: in a process of its own, since Node reads NODE_EXTRA_CA_CERTS when it starts.
 *
 * Arguments: the folder, and the assets by band as JSON.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { s2 } from '../../cards/s2.js';
import type { BandAsset } from '../../cards/band-asset.js';
import { openStore } from '../../store/open.js';

const [folder = '', assets = ''] = process.argv.slice(2);
const bands = JSON.parse(assets) as Record<string, BandAsset>;
const store = openStore({ endpoint: pathToFileURL(folder).href, bucket: 'none', addressing: 'path' });
try {
  const reference = 'S2B_MSIL2A_20240623T104619_N0510_R051_T31UFS_20240623T122156.SAFE';
  const scene = { reference, obstime: '2024-06-23T10:46:19', assets: { bands } };
  for (const { band, objects } of await s2.locate(scene, Object.keys(bands), 'api', store))
    for (const object of objects) await store.download(object, join(folder, `${band}.tif`));
} catch (error) {
  process.stderr.write(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  process.exitCode = 1;
} finally {
  store.close();
}
