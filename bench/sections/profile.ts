/** What is left of the time where it counts: profiles of the statistics and of the decoder. */
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import { image, makeGround, nodeProgram } from '../ground.js';
import { profileOf, type Spent } from '../profile.js';
import { number } from '../report.js';

const MOST = 8;

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
  report.table(COLUMNS, rows(await profileOf(join(folder, 'profile-zonal'), zonal, MOST)));

  say('profile: decoding');
  const decode = [nodeProgram('decode-ours'), '1', image(ground, 'B04')];
  report.paragraph(
    '**Decoding** a whole B04 on one thread. The kernel is the arithmetic decoder with its coding passes, and the inverse wavelet.',
  );
  report.table(COLUMNS, rows(await profileOf(join(folder, 'profile-decode'), decode, MOST)));
}

const COLUMNS = ['function', 's', 'share'];

function rows(spent: readonly Spent[]): string[][] {
  return spent.map(({ where, seconds, share }) => [where, number(seconds), `${number(100 * share)} %`]);
}
