/** What a refused TLS certificate means: whose it is, and what helps. Node's and OpenSSL's codes (X509_verify_cert_error_string). */

export interface CertificateFault {
  /** Names the host and the remedy. */
  readonly why: string;
  /** True where the server's people mend it; else somebody has to act here. */
  readonly mayPass: boolean;
}

const UNKNOWN_ISSUER = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

const OUT_OF_DATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
};

/**
 * @param host as it was asked for, with its port where it is not the usual one.
 * @returns undefined for every other error.
 */
export function certificateFault(error: unknown, host: string): CertificateFault | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === undefined) return undefined;
  if (UNKNOWN_ISSUER.has(code)) {
    const authority = 'put the certificate of its authority into a PEM file and name that in';
    const why =
      `the certificate of ${host} is from nobody this machine trusts (${code}); if it is a private one, ` +
      `${authority} NODE_EXTRA_CA_CERTS before parcelwise starts`;
    return { why, mayPass: false };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const why = `the certificate that ${host} shows is for another name; ask for it by the name in its certificate`;
    return { why, mayPass: false };
  }
  const fault = OUT_OF_DATE[code];
  if (fault === undefined) return undefined;
  const why = `the certificate of ${host} ${fault}: its operator must renew it, unless this machine's clock is wrong`;
  return { why, mayPass: true };
}
