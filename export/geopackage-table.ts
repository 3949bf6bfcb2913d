/** Tables as GeoPackage, which GDAL's ogr2ogr makes of CSV with its types beside it (the driver's `.csvt`). */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { CopiedType } from '../database/reads/copied-rows.js';
import { DiskFull } from '../store/object-store.js';
import { UserError } from '../terminal/user-error.js';
import { CsvTable } from './csv-table.js';
import { HashedFile } from './hashed-file.js';
import type { Batch, ByteSink, ExportColumn, TableFile, TableOptions } from './table-file.js';

const run = promisify(execFile);

const TYPES: Readonly<Record<CopiedType, string>> = {
  ...{ integer: 'Integer', long: 'Integer64', real: 'Real(Float32)', double: 'Real' },
  ...{ boolean: 'Integer(Boolean)', text: 'String', bytes: 'String', date: 'Date', time: 'DateTime' },
};

/** @throws UserError where the program is not here, with how it is had. */
export async function requireOgr2ogr(): Promise<void> {
  try {
    await run('ogr2ogr', ['--version']);
  } catch {
    throw new UserError(
      "GeoPackage is made by GDAL's ogr2ogr, which is not on the PATH; install it (Debian: apt-get install gdal-bin), or choose another format",
    );
  }
}

export class GeoPackageTable implements TableFile {
  private readonly stem: string;
  private csv: Promise<{ readonly file: HashedFile; readonly table: CsvTable }> | undefined;

  /** @param options its scratch is a path that no other file has; what is made there goes. */
  constructor(
    private readonly sink: ByteSink,
    private readonly columns: readonly ExportColumn[],
    private readonly options: Pick<TableOptions, 'scratch' | 'layer'>,
  ) {
    this.stem = `${options.scratch}-ogr`;
  }

  async write(batch: Batch): Promise<void> {
    const { table } = await this.begun();
    await table.write(batch);
  }

  async finish(): Promise<void> {
    const { file, table } = await this.begun();
    try {
      await table.finish();
      await file.close();
      await writeFile(`${this.stem}.csvt`, this.columns.map(({ type }) => `"${TYPES[type]}"`).join(','));
      await this.convert();
      for await (const bytes of createReadStream(`${this.stem}.gpkg`, { highWaterMark: 1 << 20 }))
        await this.sink.write(bytes as Buffer);
    } finally {
      for (const ending of ['csv', 'csvt', 'gpkg', 'gpkg-journal'])
        await rm(`${this.stem}.${ending}`, { force: true });
    }
  }

  private async begun(): Promise<{ readonly file: HashedFile; readonly table: CsvTable }> {
    this.csv ??= HashedFile.create(`${this.stem}.csv`).then((file) => ({
      file,
      table: new CsvTable(file, this.columns),
    }));
    return await this.csv;
  }

  private async convert(): Promise<void> {
    const hasShape = this.columns.some(({ name }) => name === 'geometry');
    const shape = [
      ...['-a_srs', 'EPSG:4326', '-nlt', 'MULTIPOLYGON'],
      ...['-oo', 'GEOM_POSSIBLE_NAMES=geometry', '-oo', 'KEEP_GEOM_COLUMNS=NO'],
    ];
    const options = [
      ...['-q', '-f', 'GPKG', `${this.stem}.gpkg`, `${this.stem}.csv`, '-nln', this.options.layer],
      ...['-oo', 'EMPTY_STRING_AS_NULL=YES', ...(hasShape ? shape : ['-nlt', 'NONE'])],
    ];
    try {
      await run('ogr2ogr', options, { maxBuffer: 1 << 20 });
    } catch (error) {
      const { stderr = '' } = error as { readonly stderr?: string };
      if (/disk.* full|No space left/i.test(stderr)) throw new DiskFull(this.stem);
      const [why = 'it said nothing'] = stderr.trim().split('\n').reverse();
      throw new Error(`ogr2ogr could not make a GeoPackage: ${why}`, { cause: error });
    }
  }
}
