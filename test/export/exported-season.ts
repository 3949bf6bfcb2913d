/** The small season with two extracted scenes, and exports of it into folders of their own. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VIEWED_CARDS } from '../../campaigns/viewed-cards.js';
import type { CheckedSelection } from '../../database/selection/check.js';
import { makeResultsViews } from '../../database/results/results-views.js';
import { exportTo, type ExportOptions, type ExportOutcome } from '../../export/export.js';
import type { Manifest } from '../../export/manifest.js';
import type { ExportRequest } from '../../export/request.js';
import { FolderPlace } from '../../store/folder-place.js';
import { createDatabase, type TestDatabase } from '../database/database.js';
import { extractScene } from '../database/extracted.js';
import { makeSeason, SELECTION } from '../database/season.js';
import { readParquet } from './read-parquet.js';

const TABLES = { ...SELECTION.tables, clear: 'clear' };

export const REQUEST: ExportRequest = {
  tables: TABLES,
  ...{ format: 'parquet', layout: 'long', by: ['year', 'card'], software: 'parcelwise 0.0.0' },
  ...{ what: ['series'], cards: VIEWED_CARDS },
};

export class ExportedSeason {
  private constructor(
    readonly database: TestDatabase,
    readonly selection: CheckedSelection,
    private readonly root: string,
  ) {}

  /** @param root where the folders of the exports are made */
  static async make(root: string, { srid }: { readonly srid?: number } = {}): Promise<ExportedSeason> {
    const database = await createDatabase();
    const selection = await makeSeason(database.pool, {
      tables: TABLES,
      ...(srid !== undefined && { srid }),
    });
    for (const obsid of [1, 2]) await extractScene(database.pool, selection, obsid);
    await makeResultsViews(database.pool, TABLES, VIEWED_CARDS);
    return new ExportedSeason(database, selection, root);
  }

  async run(
    folder: string,
    changes: Partial<ExportRequest> = {},
    options: ExportOptions = {},
  ): Promise<ExportOutcome> {
    const place = await FolderPlace.open(this.pathOf(folder));
    try {
      return await exportTo(place, this.database.pool, { ...REQUEST, ...changes }, options);
    } finally {
      await place.close();
    }
  }

  pathOf(...names: readonly string[]): string {
    return join(this.root, ...names);
  }

  async manifestOf(folder: string): Promise<Manifest> {
    return JSON.parse(await readFile(this.pathOf(folder, 'manifest.json'), 'utf8')) as Manifest;
  }

  /** Paths of the tables' files, in order. */
  async filesIn(folder: string): Promise<string[]> {
    const root = this.pathOf(folder);
    return (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.json'))
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
      .sort();
  }

  /** Of Parquet files. */
  async rowsIn(folder: string): Promise<Record<string, unknown>[]> {
    const files = await this.filesIn(folder);
    return (await Promise.all(files.map((file) => readParquet(this.pathOf(folder, file))))).flat();
  }

  /** A db_config.json of the season, for commands. */
  async writeConfig(name: string): Promise<void> {
    const { host, port, user, password } = this.database.connection;
    const { catalogue, aois, parcels, results, hists, clear } = TABLES;
    const database = {
      connection: { host, port, dbname: this.database.name, dbuser: user, dbpasswd: password?.() },
      tables: {
        ...{ catalogue_table: catalogue, aoi_table: aois, parcel_table: parcels },
        ...{ results_table: results, hists_table: hists, clear_table: clear },
      },
      args: { name: 'here', startdate: '2024-03-01', enddate: '2024-04-01' },
    };
    await writeFile(this.pathOf(name), JSON.stringify({ database }));
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.database.pool.query<Record<string, unknown>>(sql, [...values])).rows;
  }
}
