/** What is left of the time where it counts: profiles of the statistics, of the decoder, and of a whole scene. */
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson, runMeasured } from '../child.js';
import { type Ground, image, makeGround, nodeProgram, scratchFolder } from '../ground.js';
import { startServers } from '../product/servers.js';
import { openSite } from '../product/site.js';
import { extractAlone } from '../product/worker-process.js';
import { profileOf, type Spent } from '../profile.js';
import { number } from '../report.js';

/** Functions of a table: so many, and none that takes less than a hundredth. */
const MOST = 8;
const LEAST = 0.01;

export async function profile(bench: Bench): Promise<void> {
  const { options, report, say, folder } = bench;
  const parcels = options.parcels.at(-1)!;
  const ground = await makeGround(bench, options.size, [parcels]);
  report.section('Where the time goes');

  say('profile: statistics');
  const zonal = [nodeProgram('zonal-ours'), ground.folder, String(ground.size), String(parcels), '1'];
  const { pixels, cpu } = await runForJson<{ pixels: number; cpu: number }>(process.execPath, zonal);
  report.paragraph(
    `**Statistics** of ${parcels.toLocaleString('en')} parcels in B04 on one core, reading and rasterising them included: ` +
      `${pixels.toLocaleString('en')} pixels, so ${number((1e9 * cpu) / pixels)} ns of CPU a pixel for rasterising, eight statistics and ` +
      `exact quartiles. Outlines and rows of the plane are copied to the memory of the kernel (WebAssembly), which rasterises some ` +
      `hundred parcels at a time, gathers a parcel's pixels and takes some six passes over them.`,
  );
  report.table(COLUMNS, rows(await profileOf(join(folder, 'profile-zonal'), node(zonal), MOST)));

  say('profile: decoding');
  const decode = [nodeProgram('decode-ours'), '1', image(ground, 'B04')];
  report.paragraph(
    '**Decoding** a whole B04 on one thread. The kernel is the arithmetic decoder with its coding passes, and the inverse wavelet.',
  );
  report.table(COLUMNS, rows(await profileOf(join(folder, 'profile-decode'), node(decode), MOST)));
  await wholeScene(bench, ground, parcels);
}

async function wholeScene(bench: Bench, ground: Ground, parcels: number): Promise<void> {
  const { report, say, folder } = bench;
  const servers = await startServers(bench);
  try {
    const site = await openSite(servers, scratchFolder(bench, 'site'), ground, parcels, 2);
    try {
      say('profile: a whole scene');
      await extractAlone(site, 1);
      const second = (flags: readonly string[]): Promise<unknown> => extractAlone(site, 2, flags);
      report.paragraph(
        `**A whole scene**, a tile's second, with ${parcels.toLocaleString('en')} parcels, by \`parcelwise extract\`: all threads of the ` +
          `process, without PostgreSQL and the S3 gateway. The kernels are the decoder's and, with a small part, the statistics'.`,
      );
      report.table(COLUMNS, rows(await profileOf(join(folder, 'profile-scene'), second, MOST)));
    } finally {
      await site.close();
    }
  } finally {
    await servers.stop();
  }
}

function node(program: readonly string[]): (flags: readonly string[]) => Promise<unknown> {
  return (flags) => runMeasured(process.execPath, [...flags, ...program]);
}

const COLUMNS = ['function', 's', 'share'];

function rows(spent: readonly Spent[]): string[][] {
  return spent
    .filter(({ share }) => share >= LEAST)
    .map(({ where, seconds, share }) => [where, number(seconds), `${number(100 * share)} %`]);
}
