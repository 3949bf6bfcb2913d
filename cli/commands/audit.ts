/** `parcelwise audit`: proves from the database that nothing is lost, nothing is there twice, and every status is true. */
import { type Command, Option } from 'commander';
import type pg from 'pg';
import { ownerRuns } from '../../activities/reconcile.js';
import { type Audit, audit, type AuditOptions, type AuditScope } from '../../database/audit/index.js';
import { readConnection } from '../../database/selection/config.js';
import { requireTable } from '../../database/session/identifier.js';
import { openPool } from '../../database/session/pool.js';
import { requireSchema } from '../../database/session/schema.js';
import { temporalQueries, withTemporal } from '../../client/index.js';
import { describeAudit } from '../audit-report.js';
import { beginCertificate, type Certify } from '../audit-certificate.js';
import { configFiles, type ConfigOptions } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { orUserError } from '../unmade-check.js';
import { wholeNumber } from '../whole-number.js';

interface AuditCommand extends ConfigOptions {
  readonly results?: string;
  readonly card?: string;
  readonly campaign?: string;
  readonly each: number;
  readonly temporal: boolean;
  readonly json?: boolean;
  readonly certificate?: string;
  readonly key?: string;
  readonly export?: string;
}

/** Findings of each kind told in full when nothing else is said. */
const EACH = 20;

export function addAudit(program: Command): void {
  program
    .command('audit')
    .description(
      'prove from the database that every parcel of every scene is in every band exactly once or has a reason; exit 1 where it is not so',
    )
    .option(
      '--db-config <file>',
      'how the database is reached; else db_config.json here, else DATABASE_URL and PG* variables',
    )
    .option('--results <table>', 'only this results table (default: all that were ever extracted into)')
    .option('--card <type>', 'only scenes of this CARD type')
    .option('--campaign <name>', 'only scenes that this campaign claimed last')
    .addOption(
      new Option('--each <findings>', 'findings of each kind told in full')
        .argParser(wholeNumber)
        .default(EACH),
    )
    .option('--no-temporal', 'do not ask Temporal whether the owners of claims run')
    .option('--json', 'print JSON, for programs')
    .option(
      '--certificate <file>',
      'where nothing is found, certify it: a signed FILE.json, and FILE.html for people',
    )
    .option('--key <file>', 'the Ed25519 key that signs it, made by parcelwise certificate key')
    .option('--export <folder>', 'folder of an export whose files it is to name; they must be of these rows')
    .action(runAudit);
}

async function runAudit(options: AuditCommand): Promise<void> {
  const began = Date.now();
  const certifying = await orUserError(() => beginCertificate(options));
  const report = await orUserError(() => audited(options, certifying?.state));
  const seconds = (Date.now() - began) / 1000;
  process.stdout.write(
    options.json === true ? `${JSON.stringify(report, null, 2)}\n` : describeAudit(report, seconds),
  );
  process.exitCode = report.findings.length > 0 ? 1 : 0;
  // With --json standard output is the report's alone.
  if (certifying) process.stderr.write(`${await orUserError(() => certifying.finish(report))}\n`);
}

async function audited(options: AuditCommand, certify: Certify | undefined): Promise<Audit> {
  const pool = openPool(readConnection(configFiles(options).dbConfig, process.env), { max: 2 });
  try {
    await requireSchema(pool);
    const scope = await scopeOf(pool, options);
    const onSound: AuditOptions['onSound'] = certify && ((client, seen) => certify(client, seen, scope));
    const work = (isRunning: AuditOptions['isRunning']): Promise<Audit> =>
      audit(pool, scope, { each: options.each, isRunning, onSound });
    const report = await withOwners(pool, options, work);
    if (options.campaign !== undefined && report.scenes === 0) {
      // A misspelt name is no proof.
      throw new UserError(`no scene in question was claimed by a campaign ${options.campaign}`);
    }
    return report;
  } finally {
    await pool.end();
  }
}

async function scopeOf(pool: pg.Pool, { results, card, campaign }: AuditCommand): Promise<AuditScope> {
  const table = results === undefined ? undefined : await requireTable(pool, results, '--results');
  return { results: table?.key, card, campaign };
}

async function withOwners(
  pool: pg.Pool,
  { temporal: asked }: AuditCommand,
  work: (isRunning: AuditOptions['isRunning']) => Promise<Audit>,
): Promise<Audit> {
  if (!asked) return await work(undefined);
  return await withTemporal((connection) => {
    const temporal = temporalQueries(connection);
    return work((claim) => ownerRuns(claim, { pool, temporal }));
  });
}
