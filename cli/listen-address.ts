/** An address to listen at, as an option names it. */
import { isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { UserError } from '../terminal/user-error.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const USUAL_HOST = '127.0.0.1';

/** `host:port`, `[::1]:port`, or a port alone, which is of this machine only. @throws InvalidArgumentError for anything else. */
export function listenAddress(text: string): ListenAddress {
  const [, bracketed, plain, digits = ''] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535 || (bracketed !== undefined && !isIPv6(bracketed)))
    throw new InvalidArgumentError('Write such as 127.0.0.1:8081, or a port alone.');
  return { host: bracketed ?? plain ?? USUAL_HOST, port };
}

/** Why nothing can be listened at there, for those that a person can help. */
const NOT_LISTENING: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there already. Take another port',
  EADDRNOTAVAIL: 'this machine has no such address. Name one of its own',
  EACCES: 'this user may not take that port. Take one from 1024 on',
  ENOTFOUND: 'no address is known of that name. Correct it',
};

/** The error with a person's words where there are such, else as it is. */
export function explainListening(error: unknown, { host, port }: ListenAddress): unknown {
  const { code = '', syscall, hostname } = error as NodeJS.ErrnoException & { readonly hostname?: string };
  // Other parts of the process connect, and look names up too.
  const why = syscall === 'listen' || hostname === host ? NOT_LISTENING[code] : undefined;
  return why === undefined ? error : new UserError(`can't listen at ${host}, port ${port}: ${why}`);
}
