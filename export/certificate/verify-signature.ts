/** Whether a file is a certificate as it was signed, and by whom. */
import { readFile, stat } from 'node:fs/promises';
import { UserError } from '../../terminal/user-error.js';
import type { Certificate } from './certificate.js';
import { openSigned } from './signature.js';
import { fingerprintOf, readPublicKey } from './signing-key.js';
import { fails, holds, type Line, note } from './verdict.js';

export interface VerifiedSignature {
  /** Undefined where nothing else is worth being looked at. */
  readonly certificate: Certificate | undefined;
  readonly lines: readonly Line[];
}

/** Of a season of a country it has some tens of megabytes. */
const MOST_BYTES = 400 * 2 ** 20;

const FINGERPRINT = /^[0-9a-f]{64}$/i;

/**
 * @param trusted file of a public key, or its fingerprint; without it anybody may have signed
 * @throws UserError where a file can't be read
 */
export async function verifySignature(path: string, trusted: string | undefined): Promise<VerifiedSignature> {
  const expected = trusted === undefined ? undefined : await trustedFingerprint(trusted);
  const text = await textOf(path);
  const signed = text === undefined ? 'it is no text in UTF-8' : openSigned(text);
  if (typeof signed === 'string') return { certificate: undefined, lines: [fails(`${path}: ${signed}`)] };
  const { certificate } = signed;
  const { fingerprint } = certificate.signer;
  const made = `${certificate.made.slice(0, 19).replace('T', ' ')} UTC`;
  const signature = holds(`${path}: signed, and not changed since; made on ${made}`);
  if (expected === undefined) {
    const doubt = `signed by the key ${fingerprint}; whose that is must be known otherwise (--public-key)`;
    return { certificate, lines: [signature, note(doubt)] };
  }
  return expected === fingerprint
    ? { certificate, lines: [signature, holds(`signed by the key ${fingerprint}, as asked for`)] }
    : {
        certificate: undefined,
        lines: [fails(`${path}: signed by the key ${fingerprint}, not by ${expected}`)],
      };
}

async function trustedFingerprint(trusted: string): Promise<string> {
  return FINGERPRINT.test(trusted) ? trusted.toLowerCase() : fingerprintOf(await readPublicKey(trusted));
}

/** Undefined where bytes are no UTF-8: they would be read as they are not. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) throw new UserError(`${path} has ${size} bytes: it is no certificate`);
    return utf8In(await readFile(path));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function utf8In(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
