/** Free TCP ports on the loopback interface. */
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** Where the system takes the ports of outgoing connections, if it does not say: IANA's dynamic ports. */
const OUTGOING_FROM = 49_152;

/** So many ports below those are picked from. */
const PICKED_FROM = 12_000;

const ATTEMPTS = 100;

/**
 * The first of `wanted` that is free on 127.0.0.1, else any.
 * It lies below the ports of outgoing connections: one of those could take it before the server listens.
 */
export async function freePort(...wanted: (number | undefined)[]): Promise<number> {
  for (const port of wanted) {
    if (port !== undefined && (await isFree(port))) return port;
  }
  const below = await outgoingFrom();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(Math.max(1024, below - PICKED_FROM), below);
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free on 127.0.0.1');
}

/** Linux says it; other systems keep to IANA's range or above. */
async function outgoingFrom(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const lowest = Number(range.trim().split(/\s+/)[0]);
  // Where nearly all ports are for outgoing connections there are none below them.
  return lowest > 2 * 1024 ? lowest : OUTGOING_FROM;
}

/** Opens and closes a listener. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once('error', () => {
      resolve(false);
    });
    listener.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      listener.close(() => {
        resolve(true);
      });
    });
  });
}
