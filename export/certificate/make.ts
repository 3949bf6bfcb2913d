/** Makes a certificate of what an audit has stated: the signed file for programs, and a page of it for people. */
import { createHash, type KeyObject } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { UserError } from '../../terminal/user-error.js';
import type { CertifiedFile, Statement } from './certificate.js';
import { pageOf } from './page.js';
import { signCertificate, signerOf } from './signature.js';

/** Where both are: named alike, whichever of them somebody names. */
export function certificateFiles(file: string): { readonly json: string; readonly page: string } {
  const base = file.replace(/\.(json|html)$/i, '');
  return { json: `${base}.json`, page: `${base}.html` };
}

/**
 * Writes both files, or replaces those that are there.
 * @param files of an export; undefined where none was named
 * @param key the signer's private key
 */
export async function makeCertificate(
  file: string,
  statement: Statement,
  files: readonly CertifiedFile[] | undefined,
  key: KeyObject,
): Promise<{ readonly json: string; readonly page: string; readonly fingerprint: string }> {
  const signer = signerOf(key);
  const content = { ...statement, ...(files && { files: [...files] }), signer };
  const names = certificateFiles(file);
  const html = pageOf(content);
  const bytes = Buffer.from(html);
  const page = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  await replace(names.page, html);
  await replace(names.json, signCertificate({ ...content, page }, key));
  return { ...names, fingerprint: signer.fingerprint };
}

/** Whoever reads the name sees the old file or the new one. */
async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.part`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    throw new UserError(
      `${path} can't be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
