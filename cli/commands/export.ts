/** `parcelwise export`: series and parcels as files. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type DatabaseConfig, readDbConfig } from '../../database/selection/config.js';
import { isoTime } from '../../database/selection/period.js';
import { openPool } from '../../database/session/pool.js';
import { requireSchema } from '../../database/session/schema.js';
import { VIEWED_CARDS } from '../../campaigns/viewed-cards.js';
import { type ExportOutcome, exportTo } from '../../export/export.js';
import { type Format, FORMAT_NAMES } from '../../export/formats.js';
import { exportFile, type FileOutcome, formatOf } from '../../export/one-file.js';
import { type Layout, LAYOUTS } from '../../export/layouts.js';
import { type Partition, PARTITIONS } from '../../export/plan.js';
import type { ExportArea, ExportRequest } from '../../export/request.js';
import { openPlace, openPlaceOfFile } from '../../store/open-place.js';
import { RowsBar } from '../../terminal/rows-bar.js';
import { UserError } from '../../terminal/user-error.js';
import { addConfigOptions, configFiles, type ConfigOptions } from '../config-options.js';
import { polygonsOf } from '../geojson-area.js';
import { softwareName } from '../program-version.js';
import { stopSignal } from '../signals.js';

interface ExportCommand extends ConfigOptions {
  readonly format?: Format;
  readonly layout: Layout;
  readonly what?: ExportRequest['what'];
  readonly kind?: 'raw' | 'clear';
  readonly best?: boolean;
  readonly parcels?: string;
  readonly area?: string;
  readonly results?: string;
  readonly clear?: string;
  readonly card?: string;
  readonly bands?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly by: readonly Partition[];
}

export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description(
      'write series and parcels to files; where an export is there already, what is new or has changed',
    )
    .argument(
      '<target>',
      'a folder or s3://bucket/prefix, or one file there, which is written anew: its ending says the format (.parquet, .arrow, .csv, .gpkg)',
    );
  addConfigOptions(command)
    .addOption(
      new Option(
        '--format <name>',
        'of the files in a folder; gpkg is GeoPackage, made by ogr2ogr (default: parquet)',
      ).choices(FORMAT_NAMES),
    )
    .addOption(
      new Option(
        '--layout <name>',
        "of the series. long: a row a parcel, scene and band; wide: a row a parcel and day, bands side by side; spv: long rows in the columns of JRC's Parcel Viewer",
      )
        .choices(LAYOUTS)
        .default('long'),
    )
    .addOption(
      new Option(
        '--what <list>',
        'series, parcels, or both (default: both in a folder, series in one file)',
      ).argParser((text) => chosen(text, ['series', 'parcels'] as const)),
    )
    .addOption(
      new Option(
        '--kind <rows>',
        'statistics of all pixels or of clear ones (default: raw; wide rows have both)',
      ).choices(['raw', 'clear']),
    )
    .option('--best', 'only the best observation of a parcel and day')
    .option('--results <table>', 'the results table (default: results_table of db_config.json)')
    .option('--clear <table>', 'the table of clear rows (default: clear_table of db_config.json)')
    .option('--card <type>', 'only scenes of this CARD type')
    .option('--bands <list>', 'only these bands and indices, with commas: B04,B08,NDV', listed)
    .option('--from <day>', 'only scenes from this day or time on, UTC', firstMoment)
    .option('--to <day>', 'only scenes until this day (with it) or time, UTC', lastMoment)
    .option(
      '--parcels <table>',
      'the parcel table, and series of its parcels alone (default: parcel_table of db_config.json, and series of all parcels)',
    )
    .option(
      '--area <name>',
      'only parcels that meet this area of the AOI table, or the polygons of a GeoJSON file',
    )
    .addOption(
      new Option('--by <list>', `folders of the series: ${PARTITIONS.join(', ')}, one in the other`)
        .argParser((text) => chosen(text, PARTITIONS))
        .default(['year', 'card'], 'year,card'),
    )
    .action(runExport);
}

async function runExport(target: string, options: ExportCommand): Promise<void> {
  const files = configFiles(options);
  const config = readDbConfig(files.dbConfig, process.env);
  const fileFormat = formatOf(target);
  const request = await requestOf(options, config, fileFormat);
  const pool = openPool(config.connection, { max: 2 });
  const bar = new RowsBar(process.stderr, 'export');
  const asked = {
    signal: stopSignal(),
    onProgress: (rows: number, total: number | undefined) => {
      bar.show(rows, total);
    },
  };
  try {
    await requireSchema(pool);
    const { place, name } =
      fileFormat === undefined
        ? { place: await openPlace(target, files.s3Config, process.env), name: '' }
        : await openPlaceOfFile(target, files.s3Config, process.env);
    try {
      const words =
        name === ''
          ? inWords(await exportTo(place, pool, request, asked), place.name)
          : ofFile(await exportFile(place, name, pool, request, asked), target);
      bar.end();
      process.stdout.write(words);
    } finally {
      await place.close();
    }
  } finally {
    bar.end();
    await pool.end();
  }
}

async function requestOf(
  options: ExportCommand,
  { tables, aoi }: DatabaseConfig,
  fileFormat: Format | undefined,
): Promise<ExportRequest> {
  const { results = tables.results, clear = tables.clear, parcels, format } = options;
  if (options.kind === 'clear' && clear === undefined)
    throw new UserError('there are no clear rows without a clear_table; name it (--clear)');
  const { what = fileFormat === undefined ? (['series', 'parcels'] as const) : (['series'] as const) } =
    options;
  if (fileFormat !== undefined && what.length > 1)
    throw new UserError('one file holds series or parcels: name one of them (--what), or a folder');
  if (fileFormat !== undefined && format !== undefined && format !== fileFormat)
    throw new UserError(
      `the target's ending says ${fileFormat}, and --format ${format}; leave one of them out`,
    );
  return {
    ...options,
    ...{ format: fileFormat ?? format ?? 'parquet', what },
    tables: { ...tables, results, clear, parcels: parcels ?? tables.parcels },
    onlyParcels: parcels !== undefined,
    area: options.area === undefined ? undefined : await areaOf(options.area, aoi.field),
    ...{ cards: VIEWED_CARDS, software: softwareName() },
  };
}

async function areaOf(area: string, field: string): Promise<ExportArea> {
  if (!/\.(geo)?json$/i.test(area)) return { name: area, field };
  return { geojson: await polygonsOf(area) };
}

function inWords({ written, kept, removed, scenes, waiting }: ExportOutcome, where: string): string {
  const rows = written.rows.toLocaleString('en');
  const megabytes = (written.bytes / 1e6).toFixed(1);
  return [
    `${where}: ${scenes} scenes`,
    `  written: ${written.files} files, ${rows} rows, ${megabytes} MB`,
    `  as they were: ${kept} files; removed: ${removed}`,
    ...(waiting === 0 ? [] : [`  scenes that are still being worked on: ${waiting}`]),
    '',
  ].join('\n');
}

function ofFile({ rows, bytes, waiting }: FileOutcome, target: string): string {
  if (bytes === 0) return `${target}: there are no rows; nothing was written\n`;
  const left = waiting === 0 ? '' : `; left out, since they are still being worked on: ${waiting} scenes`;
  return `${target}: ${rows.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(1)} MB${left}\n`;
}

function listed(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new InvalidArgumentError('It is a list with commas, as B04,B08.');
  return parts;
}

function chosen<Name extends string>(text: string, choices: readonly Name[]): Name[] {
  const names = listed(text);
  const known = choices.filter((one) => names.includes(one));
  if (known.length < names.length)
    throw new InvalidArgumentError(`It is a list of ${choices.join(', ')}, each once.`);
  return names.map((name) => choices.find((one) => one === name)!);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function firstMoment(text: string): string {
  const time = isoTime(text);
  if (time === undefined) throw new InvalidArgumentError('It is a day or time in UTC, as 2024-03-01.');
  return time;
}

function lastMoment(text: string): string {
  return firstMoment(DAY.test(text.trim()) ? `${text.trim()}T23:59:59.999999` : text);
}
