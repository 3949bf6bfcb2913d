/** Signs certificates and reads signed ones: Ed25519 over the canonical JSON of all but the signature. */
import { sign, verify, type KeyObject } from 'node:crypto';
import { canonicalJson, readableJson, type Json } from './canonical.js';
import { type Certificate, parseCertificate } from './certificate.js';
import { fingerprintOf, publicDer, publicKeyOf } from './signing-key.js';

/** What a certificate says of who signs it. */
export function signerOf(key: KeyObject): Certificate['signer'] {
  return {
    algorithm: 'Ed25519',
    publicKey: publicDer(key).toString('base64'),
    fingerprint: fingerprintOf(key),
  };
}

/** The signed file's text. @param key private, of the signer that the certificate names */
export function signCertificate(certificate: Certificate, key: KeyObject): string {
  const content = certificate as unknown as Json;
  const signature = sign(null, Buffer.from(canonicalJson(content)), key).toString('base64');
  return `${readableJson({ ...(content as Readonly<Record<string, Json>>), signature })}\n`;
}

export interface SignedFile {
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

/**
 * Reads a signed file and proves that it is as it was signed, to the byte: what JSON leaves open (names that are there twice,
 * other ways to write a number) may be read in two ways, and is refused.
 * @returns in a sentence what does not hold, where something does not
 */
export function openSigned(text: string): SignedFile | string {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    return `it is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return 'it is no certificate';
  const { signature, ...signed } = content as Readonly<Record<string, Json>>;
  const certificate = parseCertificate(signed);
  if (typeof certificate === 'string') return `it is no certificate: ${certificate}`;
  if (typeof signature !== 'string') return 'it is not signed';
  let key: KeyObject;
  let bytes: Buffer;
  try {
    key = publicKeyOf(certificate.signer.publicKey);
    bytes = Buffer.from(canonicalJson(signed));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (fingerprintOf(key) !== certificate.signer.fingerprint)
    return 'the fingerprint in it is not that of the public key in it';
  const bits = Buffer.from(signature, 'base64');
  // Base64 has more than one form of some bytes, too.
  if (bits.toString('base64') !== signature || !verify(null, bytes, key, bits))
    return 'the signature is not of this content: something in it was changed';
  const whole = { ...signed, signature };
  if (text !== `${readableJson(whole)}\n` && text.trimEnd() !== canonicalJson(whole))
    return 'it was written anew: the content is signed, but the file is not in the form that certificates have';
  return { certificate, key };
}
