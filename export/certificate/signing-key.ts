/** Ed25519 keys of operators: PEM files as OpenSSL writes them, and what a public key is known by. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { UserError } from '../../terminal/user-error.js';

/** The variable with the passphrase of an encrypted key. */
export const PASSPHRASE = 'PARCELWISE_KEY_PASSPHRASE';

const HOW =
  'make one with "parcelwise certificate key FILE" or "openssl genpkey -algorithm ed25519 -out FILE"';

/** What OpenSSL's `pkcs8` and `genpkey` take by themselves. */
const CIPHER = 'aes-256-cbc';

/**
 * The private key in a file, PKCS #8 in PEM.
 * @param passphrase of an encrypted one
 * @throws UserError where it can't be read, is no Ed25519 key, or is encrypted otherwise
 */
export async function readPrivateKey(file: string, passphrase: string | undefined): Promise<KeyObject> {
  const pem = await textOf(file);
  if (pem.includes('BEGIN OPENSSH PRIVATE KEY'))
    throw new UserError(`${file} is a key of OpenSSH's own form, and a PKCS #8 file is wanted: ${HOW}`);
  if (!pem.includes('PRIVATE KEY-----'))
    throw new UserError(`${file} holds no private key in PEM (BEGIN PRIVATE KEY): ${HOW}`);
  const isEncrypted = pem.includes('ENCRYPTED');
  if (isEncrypted && !passphrase)
    throw new UserError(`${file} is encrypted: set ${PASSPHRASE} to its passphrase`);
  return ofEd25519(file, () => {
    try {
      return createPrivateKey({ key: pem, ...(passphrase && { passphrase }) });
    } catch (error) {
      if (!isEncrypted) throw error;
      throw new UserError(`${file} can't be decrypted: is ${PASSPHRASE} its passphrase?`);
    }
  });
}

/** The public key in a file, PEM (`BEGIN PUBLIC KEY`); of a private one that belongs to it. @throws UserError */
export async function readPublicKey(file: string): Promise<KeyObject> {
  const pem = await textOf(file);
  return ofEd25519(file, () => createPublicKey(pem));
}

/** A public key as it stands in a certificate: DER (SubjectPublicKeyInfo) in base64. @throws UserError */
export function publicKeyOf(der: string): KeyObject {
  const key = Buffer.from(der, 'base64');
  return ofEd25519('the public key in the certificate', () =>
    createPublicKey({ key, format: 'der', type: 'spki' }),
  );
}

/** The public half, in DER. */
export function publicDer(key: KeyObject): Buffer {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return half.export({ format: 'der', type: 'spki' });
}

/** SHA-256 of the public key's DER, 64 hexadecimal digits: `openssl pkey -pubin -in FILE -outform DER | sha256sum`. */
export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256').update(publicDer(key)).digest('hex');
}

export interface MadeKey {
  readonly publicFile: string;
  readonly fingerprint: string;
}

/**
 * Writes a new key into `file`, for its owner only, and its public half beside it (`file.pub`). No file is overwritten.
 * @param passphrase encrypts it where there is one
 */
export async function makeKey(file: string, passphrase: string | undefined): Promise<MadeKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const secret = passphrase && { cipher: CIPHER, passphrase };
  const publicFile = `${file}.pub`;
  await writeNew(file, privateKey.export({ format: 'pem', type: 'pkcs8', ...secret }), 0o600);
  await writeNew(publicFile, publicKey.export({ format: 'pem', type: 'spki' }), 0o644);
  return { publicFile, fingerprint: fingerprintOf(publicKey) };
}

/** Whether others than its owner may read a file. */
export async function isOpenToOthers(file: string): Promise<boolean> {
  return ((await stat(file)).mode & 0o077) !== 0;
}

async function writeNew(file: string, text: string | Buffer, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { mode, flag: 'wx' });
  } catch (error) {
    throw new UserError(
      (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? `${file} is there already; keys are never overwritten`
        : `${file} can't be written: ${messageOf(error)}`,
    );
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(`${file} can't be read: ${messageOf(error)}`);
  }
}

function ofEd25519(what: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${what} is no key that can be read (${messageOf(error)}): ${HOW}`);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new UserError(
      `${what} is a key of ${key.asymmetricKeyType ?? 'another kind'}, not of Ed25519: ${HOW}`,
    );
  return key;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
