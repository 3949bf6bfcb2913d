/** A database, a bucket, a namespace and a worker of their own on the tests' servers, with the demo's parcels and AOI. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Tables } from '../../database/terms.js';
import { installRuntime, type ScheduleSpec } from '../../client/index.js';
import { asJson, connectionOf, dbConfig, s3Config } from '../../demo/config-files.js';
import { loadSeason } from '../../demo/season/load-season.js';
import { world } from '../../demo/season/world.js';
import type { S3Address } from '../../stack/stack.js';
import { readSettings } from '../../workers/settings.js';
import { runWorker } from '../../workers/worker.js';
import { createDatabase, type TestDatabase } from '../database/database.js';
import { type TinyProduct, writeTinyProduct } from './tiny-product.js';
import { makeNamespace, temporalAddress } from '../workflows/server.js';

/** What a worker says in good order is not of interest here. */
const silent = (): void => undefined;
const LOG = { debug: silent, info: silent, warn: silent, error: console.error };

const TABLES: Tables = {
  catalogue: 'dias_catalogue',
  aois: 'aois',
  parcels: 'parcels',
  results: 'sigs',
  hists: 'hists',
};

/** Often enough for a test, and what `--every` can say. */
export const SPEC: ScheduleSpec = { everyMs: 2_000 };

export class ContinuousPlace {
  private readonly stopped = new AbortController();
  private worker: Promise<void> = Promise.resolve();

  private constructor(
    readonly folder: string,
    readonly bucket: string,
    readonly database: TestDatabase,
    private readonly connection: NativeConnection,
    readonly client: Client,
  ) {}

  static async open(): Promise<ContinuousPlace> {
    await installRuntime(LOG);
    const season = world(7);
    const folder = await mkdtemp(join(tmpdir(), 'parcelwise-continuous-'));
    const database = await createDatabase();
    await loadSeason(database.pool, { ...season, scenes: [] }, [TABLES]);
    const s3 = JSON.parse(process.env.PARCELWISE_TEST_S3!) as S3Address;
    // Every folder beside the tests' bucket is a bucket.
    const name = `continuous-${randomBytes(4).toString('hex')}`;
    const bucket = join(dirname(s3.folder!), name);
    await mkdir(bucket);
    const { host, port, user, password } = database.connection;
    const url = `postgres://${user}:${encodeURIComponent(password?.() ?? '')}@${host}:${port}/${database.name}`;
    const period = { start: '2024-01-01', end: '2024-12-31' };
    await writeFile(
      join(folder, 'db_config.json'),
      asJson(dbConfig(connectionOf({ url }), TABLES, { aoi: season.aoi.name, ...period })),
    );
    await writeFile(join(folder, 's3_config.json'), asJson(s3Config({ ...s3, bucket: name })));
    const connection = await NativeConnection.connect({ address: temporalAddress! });
    const namespace = await makeNamespace(connection);
    process.env.TEMPORAL_ADDRESS = temporalAddress;
    process.env.TEMPORAL_NAMESPACE = namespace;
    return new ContinuousPlace(folder, bucket, database, connection, new Client({ connection, namespace }));
  }

  /** Resolves when the worker polls. */
  async startWorker(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.worker = runWorker({
        role: 'all',
        dbConfig: join(this.folder, 'db_config.json'),
        s3Config: join(this.folder, 's3_config.json'),
        settings: readSettings({
          PARCELWISE_SCRATCH: join(this.folder, 'scratch'),
          PARCELWISE_RESERVE_GB: '0.1',
        }),
        log: LOG,
        signal: this.stopped.signal,
        onReady: () => {
          resolve();
        },
      });
      this.worker.catch(reject);
    });
  }

  /** Puts a product into the bucket. */
  async upload(product: TinyProduct): Promise<void> {
    await writeTinyProduct(this.bucket, product);
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.worker.catch(() => undefined);
    await this.connection.close();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.bucket, { recursive: true, force: true });
  }
}
