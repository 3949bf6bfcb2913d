/** The certificate of an audit: what it needs is looked at before the audit, which may take long, and it is written after it. */
import type pg from 'pg';
import type { Audit, AuditScope, SoundAudit } from '../database/audit/index.js';
import type { Statement } from '../export/certificate/certificate.js';
import { exportedFiles, requireCertified } from '../export/certificate/exported-files.js';
import { makeCertificate } from '../export/certificate/make.js';
import { isOpenToOthers, PASSPHRASE, readPrivateKey } from '../export/certificate/signing-key.js';
import { stateOf } from '../export/certificate/state.js';
import { StepLine } from '../terminal/step-line.js';
import { UserError } from '../terminal/user-error.js';
import { programVersion } from './program-version.js';

interface CertificateOptions {
  readonly certificate?: string;
  readonly key?: string;
  readonly export?: string;
}

/** Called in the audit's transaction, where nothing was found so far. */
export type Certify = (client: pg.ClientBase, seen: SoundAudit, scope: AuditScope) => Promise<void>;

interface Certifying {
  readonly state: Certify;
  /** Writes the certificate, where there are no findings. @returns what came of it, in a line */
  readonly finish: (report: Audit) => Promise<string>;
}

/** Undefined where no certificate is asked for. @throws UserError where it can't be made */
export async function beginCertificate(options: CertificateOptions): Promise<Certifying | undefined> {
  const { certificate: file, key: keyFile, export: folder } = options;
  if (file === undefined) {
    if (keyFile !== undefined || folder !== undefined)
      throw new UserError('--key and --export are of a certificate: say --certificate FILE, too');
    return undefined;
  }
  if (keyFile === undefined)
    throw new UserError('--certificate needs --key FILE, the key that signs it (parcelwise certificate key)');
  const key = await readPrivateKey(keyFile, process.env[PASSPHRASE]);
  if (await isOpenToOthers(keyFile))
    process.stderr.write(`note: others than its owner may read ${keyFile} (chmod 600)\n`);
  const exported = folder === undefined ? undefined : await exportedFiles(folder);
  let statement: Statement | undefined;
  return {
    state: async (client, seen, scope) => {
      const line = new StepLine();
      const tell = (step: string): void => {
        line.show(step, null);
      };
      try {
        statement = await stateOf(client, seen, { scope, software: softwareOf(), tell });
        if (exported) await requireCertified(client, exported, statement);
      } finally {
        line.end();
      }
    },
    finish: async ({ findings }) => {
      if (findings.length > 0 || statement === undefined)
        return 'no certificate was written, since not all is well';
      if (statement.tables.every(({ scenes }) => scenes.length === 0))
        throw new UserError('no scene is extracted, so there is nothing to certify');
      const { json, page, fingerprint } = await makeCertificate(file, statement, exported?.files, key);
      return `${json} and ${page} are written, signed by ${fingerprint}`;
    },
  };
}

function softwareOf(): Record<string, string> {
  return { parcelwise: programVersion(), node: process.versions.node };
}
