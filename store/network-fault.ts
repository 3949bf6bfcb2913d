/** Why a server was not reached, in words: the host, the setting that names it, and what helps. */
import { certificateFault } from './certificate.js';

export interface NetworkFault {
  readonly why: string;
  /** False where somebody has to act: a certificate from nobody that is trusted. */
  readonly mayPass: boolean;
}

/** System and protocol errors by Node's codes; `%` is the host. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at %; see that the server is up and the port is right',
  ENOTFOUND: 'there is no host of the name %; see that it is spelt right',
  EAI_AGAIN: "the name of % can't be looked up now; see that this machine's name service (DNS) answers",
  ETIMEDOUT: 'no answer from %; see that no firewall stands between',
  EHOSTUNREACH: 'there is no way to %; see that the network is up',
  ENETUNREACH: 'there is no way to %; see that the network is up',
  ECONNRESET: '% ended the connection; see that the port is right, and https:// where it wants TLS',
  EPIPE: '% ended the connection',
  EPROTO: '% does not speak TLS as this machine does; see whether it is http:// in truth',
};
const NO_TLS = '% does not speak TLS; see whether it is http:// in truth';
const NO_HTTP = '% does not answer in HTTP; see that the port is right, and https:// where it wants TLS';

function wordsOf(code: string): string | undefined {
  if (code.startsWith('ERR_SSL_')) return NO_TLS;
  return code.startsWith('HPE_') ? NO_HTTP : WORDS[code];
}

/**
 * @param host as it was asked for, with its port where it is not the usual one.
 * @param setting what names the host: `the STAC address`.
 */
export function networkFault(error: unknown, host: string, setting: string): NetworkFault {
  const certificate = certificateFault(error, host);
  if (certificate !== undefined)
    return { ...certificate, why: `${certificate.why}. The host is named by ${setting}` };
  const code = error instanceof Error && error.name === 'TimeoutError' ? 'ETIMEDOUT' : codeOf(error);
  const words = code === undefined ? undefined : wordsOf(code)?.replace('%', host);
  const why = words === undefined ? `${messageOf(error)} (${host})` : `${code!}: ${words}`;
  return { why: `${why}. The host is named by ${setting}`, mayPass: true };
}

/** Node puts the reason of some failures into the cause, or into several errors, one an address. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code === 'string') return code;
  const inner = error instanceof AggregateError ? (error.errors as unknown[])[0] : error.cause;
  return inner === undefined ? undefined : codeOf(inner);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? (codeOf(error) ?? error.name) : error.message;
}
