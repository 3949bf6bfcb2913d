/** Windows of a GeoTIFF and of an ENVI file: the same ones by parcelwise's readers and by GDAL. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoverageBuilder, ParcelSetBuilder, type Window } from '../../zonal/index.js';
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import { type Ground, gridOf, nodeProgram, parcelsOf, pythonProgram } from '../ground.js';
import { median, medianOf, number } from '../report.js';

interface Read {
  readonly wall: number;
  readonly cpu: number;
  readonly checksum: number;
}

/** Parcels whose windows are read one by one. */
const PARCELS = 20_000;
/** Pixels of the wide windows, as a worker reads where parcels lie close together. */
const STRIP_PIXELS = 4 << 20;

export async function windows(bench: Bench, ground: Ground, count: number): Promise<void> {
  const { options, report, say } = bench;
  const lists = {
    'a window a parcel': parcelWindows(ground, count),
    'strips of 4 million pixels': strips(ground),
  };
  report.section('Windows of GeoTIFF and ENVI');
  const rows: (string | number)[][] = [];
  const pixelsDiffer: string[] = [];
  for (const [what, list] of Object.entries(lists)) {
    const file = join(bench.folder, 'windows.i32');
    writeFileSync(
      file,
      new Int32Array(list.flatMap(({ column, row, width, height }) => [column, row, width, height])),
    );
    for (const [format, name] of [
      ['GeoTIFF', 'radar.tif'],
      ['ENVI', 'radar.img'],
    ] as const) {
      const path = join(ground.folder, name);
      const ours: Read[] = [];
      const gdal: Read[] = [];
      for (let round = 0; round < options.repeats; round++) {
        say(`windows: ${format}, ${what}`);
        ours.push(await runForJson<Read>(process.execPath, [nodeProgram('windows-ours'), path, file]));
        gdal.push(await runForJson<Read>(bench.peers.python, [pythonProgram('windows_gdal.py'), path, file]));
      }
      if (ours[0]!.checksum !== gdal[0]!.checksum) pixelsDiffer.push(`${format}, ${what}`);
      const ratio = median(ours.map(({ cpu }, round) => cpu / gdal[round]!.cpu));
      const cpu = (reads: Read[]): string => number(medianOf(reads, (read) => read.cpu));
      rows.push([
        `${format}, ${what}`,
        list.length.toLocaleString('en'),
        cpu(ours),
        cpu(gdal),
        `${number(ratio)} x`,
      ]);
      report.target({ what: `${format} against GDAL, ${what}`, unit: ' x', measured: ratio, atMost: 2 });
    }
  }
  report.paragraph(
    `Float32 of ${ground.size / 2} x ${ground.size / 2} pixels: a GeoTIFF in tiles of 512 (deflate, predictor 3) and ENVI with ` +
      `byte order 1. One thread, files in the page cache, medians of ${options.repeats}. ` +
      (pixelsDiffer.length === 0
        ? 'Both give the same pixels.'
        : `**Pixels differ: ${pixelsDiffer.join('; ')}.**`),
  );
  report.table(['file and windows', 'windows', 'parcelwise, CPU s', 'GDAL, CPU s', 'ratio'], rows);
}

/** The bounding windows of parcels in the 20 m grid, from the top. */
function parcelWindows(ground: Ground, count: number): Window[] {
  const parcels = new ParcelSetBuilder();
  for (const { pid, wkb } of parcelsOf(ground.folder, count, Math.max(1, Math.floor(count / PARCELS))))
    parcels.add(pid, { minX: 0, minY: 0, maxX: 0, maxY: 0 }, wkb);
  const grid = gridOf(ground, 20);
  const builder = new CoverageBuilder(grid);
  builder.add(parcels.finish());
  const { offsets, start, length, count: found } = builder.finish();
  const list: Window[] = [];
  for (let parcel = 0; parcel < found; parcel++) {
    const [from, to] = [offsets[parcel]!, offsets[parcel + 1]!];
    if (from === to) continue;
    const row = Math.floor(start[from]! / grid.width);
    let [left, right] = [grid.width, 0];
    for (let span = from; span < to; span++) {
      const column = start[span]! % grid.width;
      left = Math.min(left, column);
      right = Math.max(right, column + length[span]!);
    }
    const height = Math.floor(start[to - 1]! / grid.width) + 1 - row;
    list.push({ column: left, row, width: right - left, height });
  }
  return list.sort((a, b) => a.row - b.row || a.column - b.column);
}

function strips(ground: Ground): Window[] {
  const { width, height } = gridOf(ground, 20);
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / width));
  return Array.from({ length: Math.ceil(height / rows) }, (_, i) => ({
    column: 0,
    row: i * rows,
    width,
    height: Math.min(rows, height - i * rows),
  }));
}
