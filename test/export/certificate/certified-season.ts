/** A small season in a database of its own, audited and certified: what the tests of certificates attack. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit, type AuditScope } from '../../../database/audit/index.js';
import type { CheckedSelection } from '../../../database/selection/check.js';
import { checkSelection } from '../../../database/selection/check.js';
import type { Certificate, CertifiedFile, Statement } from '../../../export/certificate/certificate.js';
import { makeCertificate } from '../../../export/certificate/make.js';
import { makeKey, readPrivateKey } from '../../../export/certificate/signing-key.js';
import { stateOf } from '../../../export/certificate/state.js';
import type { Line } from '../../../export/certificate/verdict.js';
import { verifyDatabase } from '../../../export/certificate/verify-database.js';
import { createDatabase, type TestDatabase } from '../../database/database.js';
import { extractScene } from '../../database/extracted.js';
import { makeSeason, SELECTION } from '../../database/season.js';

const TABLES = { ...SELECTION.tables, clear: 'clear' };

export interface CertifiedSeason {
  readonly database: TestDatabase;
  readonly season: CheckedSelection;
  readonly folder: string;
  /** The key's file; its public half is beside it. */
  readonly key: string;
  /** Scenes 1 and 2 as they were extracted first, and no others. */
  reset(): Promise<void>;
  state(scope?: AuditScope): Promise<Statement>;
  certify(files?: readonly CertifiedFile[]): Promise<{ json: string; page: string; text: string }>;
  /** What does not hold, and notes, each with its verdict in front. */
  verify(certificate: Certificate): Promise<string[]>;
  spoil(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

const silent = (): void => undefined;

export async function certifiedSeason(): Promise<CertifiedSeason> {
  const database = await createDatabase();
  const { pool } = database;
  await makeSeason(pool, { tables: TABLES });
  const season = await checkSelection(pool, { ...SELECTION, tables: TABLES });
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-certificate-'));
  const key = join(folder, 'key.pem');
  await makeKey(key, undefined);
  const state = async (scope: AuditScope = {}): Promise<Statement> => {
    let statement: Statement | undefined;
    const { findings } = await audit(pool, scope, {
      each: 20,
      onSound: async (client, seen) => {
        statement = await stateOf(client, seen, { scope, software: { parcelwise: '1.2.3' }, tell: silent });
      },
    });
    if (statement === undefined) throw new Error(`findings: ${JSON.stringify(findings)}`);
    return statement;
  };
  return {
    ...{ database, season, folder, key, state },
    reset: async () => {
      await pool.query(`
        DELETE FROM parcelwise.extraction; TRUNCATE sigs, hists, clear; UPDATE dias_catalogue SET status = 'ingested'`);
      for (const obsid of [1, 2]) await extractScene(pool, season, obsid);
    },
    certify: async (files) => {
      const signer = await readPrivateKey(key, undefined);
      const made = await makeCertificate(join(folder, 'season'), await state(), files, signer);
      return { ...made, text: await readFile(made.json, 'utf8') };
    },
    verify: async (certificate) => tellLines(await verifyDatabase(pool, certificate, silent)),
    spoil: (sql) => pool.query(sql),
    close: async () => {
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Without those that hold. */
function tellLines(lines: readonly Line[]): string[] {
  return lines.filter(({ verdict }) => verdict !== 'holds').map(({ verdict, text }) => `${verdict}: ${text}`);
}
