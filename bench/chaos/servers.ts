/** The servers of a chaos run: real ones, each of which can be killed, frozen and started again, behind proxies that lie. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../stack/ports.js';
import { findPostgres, type PostgresBinaries } from '../../stack/postgres-binaries.js';
import { clusterFolder, postgresUser, removeCluster } from '../../stack/postgres-folder.js';
import { DATABASE_NAME, DATABASE_USER, databaseUrl, startPostgres } from '../../stack/postgres.js';
import { findS3Gateway, S3_REGION, startS3Gateway } from '../../stack/s3-gateway.js';
import type { RunAs, Server } from '../../stack/server.js';
import { findTemporal, startTemporal } from '../../stack/temporal.js';
import { run } from '../../stack/tools.js';
import { PostgresProxy } from './postgres-proxy.js';
import { StoreProxy } from './store-proxy.js';

/** The bucket's folder, below that of the gateway. */
const BUCKET = 'eodata';
const ACCESS_KEY = 'chaos';

export interface Place {
  readonly root: string;
  readonly logs: string;
  readonly binaries: PostgresBinaries;
  readonly user: RunAs | undefined;
  readonly cluster: string;
  readonly temporal: string;
  readonly gateway: string;
  readonly ports: { readonly postgres: number; readonly temporal: number; readonly s3: number };
  /** Planted, and looked for in everything that is left behind. */
  readonly secrets: { readonly database: string; readonly store: string };
}

export class Servers {
  readonly database: PostgresProxy;
  readonly store: StoreProxy;
  private postgres: Server | undefined;
  private temporal: Server | undefined;
  private gateway: Server | undefined;

  private constructor(private readonly place: Place) {
    this.database = new PostgresProxy(place.ports.postgres);
    this.store = new StoreProxy(place.ports.s3, join(place.root, 's3'));
  }

  /** Starts everything below `root`, afresh. */
  static async start(root: string): Promise<Servers> {
    const logs = join(root, 'logs');
    await mkdir(logs, { recursive: true });
    await mkdir(join(root, 's3', BUCKET), { recursive: true });
    const user = await postgresUser();
    await removeCluster(root);
    const secret = (): string => `planted-${randomBytes(18).toString('hex')}`;
    const servers = new Servers({
      root,
      logs,
      user,
      binaries: await findPostgres(silent),
      cluster: await clusterFolder(root, user, silent),
      temporal: await findTemporal(silent),
      gateway: await findS3Gateway(silent),
      ports: { postgres: await freePort(), temporal: await freePort(), s3: await freePort() },
      secrets: { database: secret(), store: secret() },
    });
    try {
      await servers.database.listen();
      await servers.store.listen();
      await Promise.all([servers.startPostgres(), servers.startTemporal(), servers.startGateway()]);
      return servers;
    } catch (error) {
      await servers.stop();
      throw error;
    }
  }

  get logs(): string {
    return this.place.logs;
  }

  get secrets(): readonly string[] {
    return Object.values(this.place.secrets);
  }

  /** Holds Temporal's database file. */
  get temporalFolder(): string {
    return join(this.place.root, 'temporal');
  }

  get temporalAddress(): string {
    return `127.0.0.1:${this.place.ports.temporal}`;
  }

  get bucketFolder(): string {
    return join(this.place.root, 's3', BUCKET);
  }

  /** How the run itself reaches the database, past the proxy. */
  get databaseUrl(): string {
    return databaseUrl(this.place.ports.postgres, this.place.secrets.database);
  }

  /** `connection` of the workers' db_config.json: through the proxy. */
  get connection(): object {
    return {
      host: '127.0.0.1',
      port: this.database.port,
      dbname: DATABASE_NAME,
      dbuser: DATABASE_USER,
      dbpasswd: this.place.secrets.database,
      sslmode: 'disable',
    };
  }

  /** The workers' s3_config.json. */
  get storeConfig(): object {
    return {
      s3: {
        host: `http://127.0.0.1:${this.store.port}`,
        bucket: BUCKET,
        region: S3_REGION,
        access_key: ACCESS_KEY,
        secret_key: this.place.secrets.store,
      },
    };
  }

  async startPostgres(): Promise<void> {
    const { binaries, cluster, user, ports, secrets, logs } = this.place;
    this.postgres = await startPostgres({
      binaries,
      folder: cluster,
      user,
      port: ports.postgres,
      password: secrets.database,
      // What is committed must outlive an immediate shutdown.
      throwaway: false,
      logs,
      report: silent,
    });
  }

  /** `fast` ends sessions and writes a checkpoint; `immediate` is a crash, followed by recovery at the next start. */
  async stopPostgres(mode: 'fast' | 'immediate'): Promise<void> {
    const { binaries, cluster, user } = this.place;
    const args = ['stop', '-D', cluster, '-m', mode, '-w', '-t', '60'];
    await run(join(binaries.bin, 'pg_ctl'), args, { cwd: '/', user });
  }

  /** Runs statements as superuser, past the proxy. */
  async sql(...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** As a standby is before its promotion. */
  async setReadOnly(readOnly: boolean): Promise<void> {
    await this.sql(
      `ALTER SYSTEM SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`,
      'SELECT pg_reload_conf()',
    );
  }

  async startTemporal(): Promise<void> {
    const { temporal: binary, ports, logs } = this.place;
    const folder = this.temporalFolder;
    this.temporal = await startTemporal({ binary, folder, port: ports.temporal, logs, report: silent });
  }

  async killTemporal(): Promise<void> {
    const server = this.temporal;
    if (!server) return;
    process.kill(server.record.pid, 'SIGKILL');
    await server.stop();
  }

  freezeTemporal(): void {
    if (this.temporal) process.kill(this.temporal.record.pid, 'SIGSTOP');
  }

  thawTemporal(): void {
    if (this.temporal) process.kill(this.temporal.record.pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.database.close();
    this.store.close();
    await Promise.all([this.postgres, this.temporal, this.gateway].map(async (server) => server?.stop()));
    await removeCluster(this.place.root);
  }

  private async startGateway(): Promise<void> {
    const { gateway: binary, ports, logs, root, secrets } = this.place;
    this.gateway = await startS3Gateway({
      binary,
      folder: join(root, 's3'),
      port: ports.s3,
      accessKey: ACCESS_KEY,
      secretKey: secrets.store,
      logs,
      report: silent,
    });
  }
}

function silent(): void {
  // Servers that end by force are what a chaos run is about.
}
