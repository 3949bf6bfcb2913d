/** A certificate and its key, looked over before a server takes them. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { UserError } from '../terminal/user-error.js';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * Both files, or undefined where neither is named.
 * @throws UserError where one is missing, can't be read, is not PEM, or the key is of another certificate.
 */
export function tlsFiles(cert: string | undefined, key: string | undefined): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UserError('--tls-cert and --tls-key go together');
  const [certText, keyText] = [readText(cert), readText(key)];
  if (!certText.includes('-----BEGIN CERTIFICATE-----'))
    throw new UserError(`${cert} holds no certificate in PEM: it begins with -----BEGIN CERTIFICATE-----`);
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(keyText))
    throw new UserError(`${key} holds no private key in PEM: it begins with -----BEGIN PRIVATE KEY-----`);
  try {
    createSecureContext({ cert: certText, key: keyText });
  } catch (error) {
    throw new UserError(
      `${cert} and ${key} can't be used together: ${(error as Error).message}. ` +
        'The key is the one that the certificate was made for, without a passphrase',
    );
  }
  return { cert, key };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : "it can't be read";
    throw new UserError(`${path}: ${why}`);
  }
}
