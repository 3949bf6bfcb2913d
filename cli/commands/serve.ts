/** `parcelwise serve`: answers over HTTP until it is told to stop. */
import { existsSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { readConnection, readDbConfig } from '../../database/selection/config.js';
import { openPool } from '../../database/session/pool.js';
import { configuredTemporal } from '../../client/index.js';
import type { Accounts } from '../../server/accounts/access.js';
import { Tokens } from '../../server/accounts/tokens.js';
import { Users } from '../../server/accounts/users.js';
import { Campaigns } from '../../server/campaigns.js';
import { type ChipService, openChipService } from '../../server/chips/chip-service.js';
import { datasetOf, readDatasetsFile } from '../../server/datasets/datasets-file.js';
import type { DatasetEntry } from '../../server/datasets/dataset.js';
import { Datasets } from '../../server/datasets/datasets.js';
import { buildServer } from '../../server/serve.js';
import { readS3Config } from '../../store/s3-config.js';
import { type Log, openLog } from '../../telemetry/log.js';
import { UserError } from '../../terminal/user-error.js';
import { addConfigOptions, configFiles, type ConfigOptions } from '../config-options.js';
import { explainListening } from '../listen-address.js';
import { proxyAddresses } from '../proxy-addresses.js';
import { tellDatasets } from '../served-datasets.js';
import { stopSignal } from '../signals.js';
import { tlsFiles } from '../tls-files.js';
import { wholeNumber } from '../whole-number.js';

interface ServeCommand extends ConfigOptions {
  readonly host: string;
  readonly port: number;
  readonly datasets?: string;
  readonly users?: string;
  readonly tokens?: string;
  /** False with --no-auth. */
  readonly auth: boolean;
  readonly parcelId?: string;
  readonly cropName?: string;
  readonly cropCode?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly trustProxy?: string | true;
  readonly pool: number;
  readonly statementTimeout: number;
  readonly rateLimit: number;
  readonly chipCache?: string;
  readonly chipCacheMb: number;
  readonly chipConnections: number;
}

/** Files of CbM's names in the working folder are taken when nothing else is said. */
const FILES = { datasets: 'datasets.json', users: 'users.json', tokens: 'tokens.json' } as const;

const LOOPBACK = /^(127(\.\d+){3}|::1|localhost)$/;

/** Answers under way have so long to end. */
const ENDED_WITHIN_MS = 20_000;

export function addServe(program: Command): void {
  addConfigOptions(program.command('serve'))
    .description(
      "answer over HTTP, with CbM's API among others, until stopped (SIGTERM: running answers end, exit 0)",
    )
    .option('--host <address>', 'the address to listen at', '127.0.0.1')
    .option('--port <number>', 'the port; 0 takes a free one', portNumber, 8080)
    .option(
      '--datasets <file>',
      "CbM's datasets.json; else datasets.json here, else the dataset of db_config.json",
    )
    .option('--users <file>', "accounts, CbM's users.json; else users.json here")
    .option('--tokens <file>', 'bearer tokens (account token makes them); else tokens.json here')
    .option('--no-auth', 'no accounts: everybody may ask. On a loopback address only')
    .option('--parcel-id <column>', 'the id that is asked for, without a datasets.json; else ogc_fid')
    .option('--crop-name <column>', "the crop's name in the parcel table, without a datasets.json")
    .option('--crop-code <column>', "the crop's code in the parcel table, without a datasets.json")
    .option('--tls-cert <file>', 'certificate (PEM) to answer over HTTPS by itself')
    .option('--tls-key <file>', 'key of that certificate (PEM)')
    .option(
      '--trust-proxy [addresses]',
      'believe X-Forwarded-For: of these proxies (with commas), or of any. Only where every request comes through one',
      proxyAddresses,
    )
    .option('--pool <connections>', 'connections to the database at most', wholeNumber, 10)
    .option(
      '--statement-timeout <seconds>',
      'a statement of the database that takes longer is given up',
      wholeNumber,
      15,
    )
    .addOption(
      new Option(
        '--rate-limit <requests>',
        'requests a second of an account, or without accounts of an address, over ten seconds; 0: any number',
      )
        .argParser(rate)
        .default(200),
    )
    .option(
      '--chip-cache <folder>',
      'where what was fetched for chips is kept; else parcelwise-chips-<user> in the folder for temporary files',
    )
    .option('--chip-cache-mb <megabytes>', 'size of that folder at most', wholeNumber, 2000)
    .option(
      '--chip-connections <number>',
      'objects of the store that are read at a time; providers allow an account few',
      wholeNumber,
      4,
    )
    .action(serve);
}

async function serve(options: ServeCommand): Promise<void> {
  const log = openLog(process.env);
  const accounts = accountsOf(options, log);
  const tls = tlsFiles(options.tlsCert, options.tlsKey);
  const { dbConfig, s3Config } = configFiles(options);
  const entries = entriesOf(options, dbConfig);
  const pool = openPool(readConnection(dbConfig, process.env), {
    max: options.pool,
    readOnly: true,
    statementTimeoutMs: options.statementTimeout * 1000,
  });
  // Who asks for campaigns finds out whether it answers; all else is served without it.
  const campaigns = configuredTemporal() === undefined ? undefined : new Campaigns(process.env);
  let chips: ChipService | undefined;
  try {
    const datasets = new Datasets(pool, entries);
    chips = await chipsOf(options, s3Config, pool, log);
    const app = await buildServer(
      { pool, datasets, chips, campaigns },
      { log, accounts, tls, rateLimit: options.rateLimit, trustProxy: options.trustProxy },
    );
    const signal = stopSignal();
    log.info(`listening at ${await listen(app, options)}`);
    if (accounts === undefined) log.warn('no accounts: who reaches this address may ask for everything');
    await tellDatasets(pool, datasets, log);
    await aborted(signal);
    log.info('stopping: running answers end');
    setTimeout(() => {
      log.warn('answers did not end in time');
      process.exit();
    }, ENDED_WITHIN_MS).unref();
    await app.close();
  } finally {
    await chips?.chips.close();
    await campaigns?.close();
    await pool.end();
  }
  log.info('stopped');
}

/** Undefined where nothing says where products lie. */
async function chipsOf(
  { chipCache, chipCacheMb, chipConnections }: ServeCommand,
  s3Config: string | undefined,
  pool: pg.Pool,
  log: Log,
): Promise<ChipService | undefined> {
  if (s3Config === undefined && (process.env.PARCELWISE_BUCKET ?? '') === '') return undefined;
  const folder = chipCache ?? join(tmpdir(), `parcelwise-chips-${userInfo().username}`);
  const config = readS3Config(s3Config, process.env);
  return openChipService(pool, config, {
    folder,
    maxBytes: chipCacheMb * 1e6,
    connections: chipConnections,
    log,
  });
}

/** Undefined: everybody is let in. */
function accountsOf(options: ServeCommand, log: Log): Accounts | undefined {
  if (!options.auth) {
    if (LOOPBACK.test(options.host)) return undefined;
    throw new UserError(
      `--no-auth at ${options.host} would let in whoever reaches it: listen at 127.0.0.1, or give accounts (--users, --tokens)`,
    );
  }
  const users = fileOf(options.users, FILES.users);
  const tokens = fileOf(options.tokens, FILES.tokens);
  if (users === undefined && tokens === undefined)
    throw new UserError(
      'there are no accounts: make one with parcelwise account add or account token, name their files by --users and --tokens, ' +
        'or say --no-auth to try it at a loopback address',
    );
  return {
    ...(users !== undefined && { users: new Users(users, log) }),
    ...(tokens !== undefined && { tokens: new Tokens(tokens, log) }),
  };
}

function entriesOf(options: ServeCommand, dbConfig: string | undefined): DatasetEntry[] {
  const file = fileOf(options.datasets, FILES.datasets);
  if (file !== undefined) return readDatasetsFile(file);
  return [datasetOf(readDbConfig(dbConfig, process.env), options)];
}

function fileOf(named: string | undefined, usual: string): string | undefined {
  return named ?? (existsSync(usual) ? usual : undefined);
}

async function listen(app: FastifyInstance, address: ServeCommand): Promise<string> {
  try {
    return await app.listen({ host: address.host, port: address.port });
  } catch (error) {
    throw explainListening(error, address);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return port;
}

function rate(text: string): number {
  const requests = Number(text);
  if (text.trim() === '' || !(requests >= 0)) throw new InvalidArgumentError('It is a number from 0.');
  return requests;
}
