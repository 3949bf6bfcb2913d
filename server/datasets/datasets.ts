/**
 * The datasets that are served: those of CbM's datasets.json, read as it is, or else the one of a db_config.json.
 */
import type pg from 'pg';
import { Dataset, type DatasetEntry } from './dataset.js';

export class Datasets {
  private readonly byName: ReadonlyMap<string, Dataset>;

  constructor(pool: pg.Pool, entries: readonly DatasetEntry[]) {
    const datasets = entries.map((entry) => new Dataset(pool, entry));
    this.byName = new Map(datasets.map((dataset) => [dataset.name, dataset]));
  }

  all(): readonly Dataset[] {
    return [...this.byName.values()];
  }

  /** @param aoi in any case of letters; clients of CbM ask so. @param year as in the query. */
  find(aoi: string, year: string | number): Dataset | undefined {
    return this.byName.get(`${aoi.toLowerCase()}_${year}`);
  }
}
