/** `parcelwise certificate …`: makes the key that certificates are signed with, and verifies certificates. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { verifyDatabase } from '../../export/certificate/verify-database.js';
import { verifyFiles, verifyPage } from '../../export/certificate/verify-files.js';
import { certificateFiles } from '../../export/certificate/make.js';
import { makeKey, PASSPHRASE } from '../../export/certificate/signing-key.js';
import { verifySignature } from '../../export/certificate/verify-signature.js';
import { verifySums } from '../../export/certificate/verify-sums.js';
import type { Certificate } from '../../export/certificate/certificate.js';
import type { Line } from '../../export/certificate/verdict.js';
import { readConnection } from '../../database/selection/config.js';
import { openPool } from '../../database/session/pool.js';
import { requireSchema } from '../../database/session/schema.js';
import { FAILED } from '../../terminal/exit-codes.js';
import { StepLine } from '../../terminal/step-line.js';
import { configFiles, type ConfigOptions } from '../config-options.js';
import { orUserError } from '../unmade-check.js';

interface VerifyOptions extends Pick<ConfigOptions, 'dbConfig'> {
  readonly publicKey?: string;
  readonly export?: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

export function addCertificate(program: Command): void {
  const command = program
    .command('certificate')
    .description('make the key that certificates are signed with, and verify certificates');
  command
    .command('key')
    .description(
      `make an Ed25519 key and its public half, FILE.pub; encrypted where ${PASSPHRASE} holds a passphrase`,
    )
    .argument('<file>', 'where the key is written, for its owner only; no file is overwritten')
    .action(writeKey);
  command
    .command('verify')
    .description(
      'say what of a certificate holds: its signature, the rows in the database, the exported files; exit 1 where something does not',
    )
    .argument('<file>', 'the certificate, as audit --certificate wrote it')
    .option('--public-key <key>', 'file of the key that must have signed it, or its fingerprint')
    .option('--export <folder>', 'the exported files; without it they are not looked at')
    .option(
      '--db-config <file>',
      'how the database is reached; else db_config.json here, else DATABASE_URL and PG* variables',
    )
    .option('--offline', 'leave the database out')
    .option('--json', 'print JSON, for programs')
    .action(verify);
}

async function writeKey(file: string): Promise<void> {
  const { publicFile, fingerprint } = await makeKey(file, process.env[PASSPHRASE]);
  process.stdout.write(
    `${file}: the key; keep it to yourself\n${publicFile}: its public half, for whoever verifies\nfingerprint ${fingerprint}\n`,
  );
}

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const lines = await orUserError(() => verdictOn(file, options));
  const failed = lines.some(({ verdict }) => verdict === 'fails');
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ holds: !failed, lines }, null, 2)}\n` : describe(lines),
  );
  process.exitCode = failed ? FAILED : 0;
}

async function verdictOn(file: string, options: VerifyOptions): Promise<Line[]> {
  const { json, page } = certificateFiles(file);
  const isNamed = existsSync(file) && !file.endsWith('.html');
  const { certificate, lines } = await verifySignature(isNamed ? file : json, options.publicKey);
  if (certificate === undefined) return [...lines];
  return [
    ...lines,
    ...verifySums(certificate),
    await verifyPage(certificate, page),
    ...(await verifyFiles(certificate, options.export)),
    ...(options.offline === true ? [] : await withDatabase(certificate, options)),
  ];
}

async function withDatabase(certificate: Certificate, options: VerifyOptions): Promise<Line[]> {
  const connection = readConnection(configFiles(options).dbConfig, process.env);
  const pool = openPool(connection, { max: 1, readOnly: true });
  const line = new StepLine();
  try {
    await requireSchema(pool);
    return await verifyDatabase(pool, certificate, (step) => {
      line.show(step, null);
    });
  } finally {
    line.end();
    await pool.end();
  }
}

const SIGN = { holds: 'holds', fails: 'FAILS', note: 'note ' } as const;

function describe(lines: readonly Line[]): string {
  const failed = lines.filter(({ verdict }) => verdict === 'fails').length;
  const end = failed === 0 ? 'the certificate holds' : 'the certificate does not hold';
  return `${lines.map(({ verdict, text }) => `${SIGN[verdict]}  ${text}\n`).join('')}${end}\n`;
}
