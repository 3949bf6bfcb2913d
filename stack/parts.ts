/** Starts the servers of a stack side by side, each as soon as its program is found. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseAddress, S3Address, StackAddresses, TemporalAddress } from './addresses.js';
import { readSettings, writeSettings } from './folder.js';
import type { Ports, Settings } from './folder.js';
import { freePort } from './ports.js';
import { findPostgres } from './postgres-binaries.js';
import { clusterFolder, postgresUser } from './postgres-folder.js';
import { clusterMajor, databaseUrl, startPostgres } from './postgres.js';
import type { Report } from './report.js';
import { findS3Gateway, S3_REGION, startS3Gateway } from './s3-gateway.js';
import type { Server } from './server.js';
import { findTemporal, startTemporal } from './temporal.js';

export interface PartsOptions {
  readonly root: string;
  readonly report: Report;
  readonly webUi: boolean;
  readonly throwaway: boolean;
  /** Further flags of `temporal server start-dev`. */
  readonly temporalFlags: readonly string[];
  /** Parts that are left out, as real servers take their place. */
  readonly configured: Partial<StackAddresses>;
  /** Gives the start up. */
  readonly signal?: AbortSignal | undefined;
}

export interface Parts {
  readonly servers: readonly Server[];
  /** Of the embedded servers only. */
  readonly addresses: Partial<StackAddresses>;
}

/** One server's start: what all of them need. */
interface Start {
  readonly root: string;
  readonly logs: string;
  readonly settings: Settings;
  readonly ports: Ports;
  readonly webUi: boolean;
  readonly throwaway: boolean;
  readonly temporalFlags: readonly string[];
  readonly report: Report;
  readonly signal: AbortSignal;
}

interface Part<Address> {
  readonly server: Server;
  readonly address: Address;
}

/** The bucket of the embedded gateway, named as Copernicus Data Space names its own. */
const BUCKET = 'eodata';

/** Starts all parts or none: when one fails, builds under way are ended and servers that run are stopped. */
export async function startParts(options: PartsOptions): Promise<Parts> {
  const { root, configured, throwaway } = options;
  const logs = join(root, 'logs');
  await mkdir(logs, { recursive: true });
  const known = await readSettings(root);
  const settings = { ...known, ports: await choosePorts(known.ports, throwaway) };
  await writeSettings(root, settings);

  const failure = new AbortController();
  const giveUp = (): void => {
    failure.abort(options.signal?.reason);
  };
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted) giveUp();
  const start: Start = { ...options, logs, settings, ports: settings.ports, signal: failure.signal };
  const absent: Promise<undefined> = Promise.resolve(undefined);
  const temporalProgram: Promise<string | undefined> = configured.temporal
    ? absent
    : findTemporal(options.report, failure.signal);
  // One build after the other: each keeps all cores busy.
  const gatewayProgram = temporalProgram.then(() =>
    configured.s3 ? undefined : findS3Gateway(options.report, failure.signal),
  );
  const starts = [
    configured.database ? absent : startDatabase(start),
    temporalProgram.then((binary) => (binary === undefined ? undefined : startDevServer(start, binary))),
    gatewayProgram.then((binary) => (binary === undefined ? undefined : startGateway(start, binary))),
  ] as const;
  for (const part of starts) {
    part.catch((error: unknown) => {
      failure.abort(error);
    });
  }
  const outcomes = await Promise.allSettled(starts);
  options.signal?.removeEventListener('abort', giveUp);
  if (failure.signal.aborted) {
    const servers = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? (outcome.value?.server ?? []) : [],
    );
    await Promise.all(servers.map((server) => server.stop()));
    throw failure.signal.reason;
  }
  const [database, temporal, s3] = await Promise.all(starts);
  return {
    servers: [database, temporal, s3].flatMap((part) => part?.server ?? []),
    addresses: {
      ...(database && { database: database.address }),
      ...(temporal && { temporal: temporal.address }),
      ...(s3 && { s3: s3.address }),
    },
  };
}

async function startDatabase(start: Start): Promise<Part<DatabaseAddress>> {
  const { root, report, ports, logs, throwaway } = start;
  const binaries = await findPostgres(report, await clusterMajor(join(root, 'postgres')), start.signal);
  const user = await postgresUser();
  const folder = await clusterFolder(root, user, report);
  const { password } = start.settings;
  const server = await startPostgres({
    binaries,
    folder,
    user,
    port: ports.postgres,
    password,
    throwaway,
    logs,
    report,
  });
  return { server, address: { url: databaseUrl(ports.postgres, password) } };
}

async function startDevServer(start: Start, binary: string): Promise<Part<TemporalAddress>> {
  const { root, report, ports, logs, temporalFlags: flags } = start;
  const uiPort = start.webUi ? ports.ui : undefined;
  const folder = start.throwaway ? undefined : join(root, 'temporal');
  const server = await startTemporal({ binary, folder, port: ports.temporal, uiPort, flags, logs, report });
  const uiAddress = uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`;
  return { server, address: { address: `127.0.0.1:${ports.temporal}`, uiAddress } };
}

async function startGateway(start: Start, binary: string): Promise<Part<S3Address>> {
  const { report, ports, logs } = start;
  const { accessKey, secretKey } = start.settings;
  const buckets = join(start.root, 's3');
  const folder = join(buckets, BUCKET);
  await mkdir(folder, { recursive: true });
  const server = await startS3Gateway({
    binary,
    folder: buckets,
    port: ports.s3,
    accessKey,
    secretKey,
    logs,
    report,
  });
  const endpoint = `http://127.0.0.1:${ports.s3}`;
  return { server, address: { endpoint, accessKey, secretKey, region: S3_REGION, bucket: BUCKET, folder } };
}

/** The last start's ports, then Temporal's usual ones, where its own command looks; tests take any that are free. */
async function choosePorts(last: Partial<Ports>, throwaway: boolean): Promise<Ports> {
  const usual: Partial<Ports> = throwaway ? {} : { temporal: 7233, ui: 8233 };
  return {
    postgres: await freePort(last.postgres),
    temporal: await freePort(last.temporal, usual.temporal),
    ui: await freePort(last.ui, usual.ui),
    s3: await freePort(last.s3),
  };
}
