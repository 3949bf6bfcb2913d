/** What is fetched of a scene, and how long it takes, where not all of it can count. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import { type GroundBand, image, makeGround, nodeProgram } from '../ground.js';
import { startServers } from '../product/servers.js';
import { areas } from '../sparse/areas.js';
import { clouds } from '../sparse/clouds.js';
import { BANDS } from '../sparse/oracle.js';
import { quota } from '../sparse/quota.js';
import { scattered, scatteredSets } from '../sparse/scattered.js';
import type { Sparse } from '../sparse/scenes-in-turn.js';
import { SlowStore } from '../sparse/slow-store.js';
import { wholeTile } from '../sparse/whole-tile.js';
import { withTileLengths } from '../tile-lengths.js';

const THREADS = 2;

export async function sparse(bench: Bench): Promise<void> {
  const { options, report } = bench;
  const sets = [options.parcels.at(-1)!, ...scatteredSets(options.quick)];
  const ground = await makeGround(bench, options.size, sets);
  const listed = (band: GroundBand): string => join(ground.folder, `${band}-tlm.jp2`);
  const plain = (band: GroundBand): string => image(ground, band);
  for (const band of BANDS)
    if (!existsSync(listed(band)))
      writeFileSync(listed(band), withTileLengths(readFileSync(image(ground, band))));
  const servers = await startServers(bench);
  const store = await SlowStore.start(servers.s3.endpoint);
  const shared: Sparse = {
    ...{ ...bench, ground, servers, store },
    images: (isListed) => (isListed ? listed : plain),
    decodingSeconds: async () => {
      const args = [String(THREADS), ...BANDS.map(plain)];
      return (await runForJson<{ wall: number }>(process.execPath, [nodeProgram('decode-ours'), ...args]))
        .wall;
    },
  };
  try {
    report.section('Reading only what can count');
    report.paragraph(
      'Scenes of B04, B08 and SC from a store with 80 MB/s and 20 ms a request (a proxy before the gateway), through Temporal, ' +
        'from claim to mark. Files with TLM have the lengths of all tile-parts in their headers, as ESA writes them since baseline 05.12.',
    );
    await wholeTile(shared);
    await areas(shared);
    await clouds(shared);
    await quota(shared);
    await scattered(shared);
  } finally {
    await store.stop();
    await servers.stop();
  }
}
