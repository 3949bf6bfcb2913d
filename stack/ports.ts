/** Free TCP ports on the loopback interface. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The first of `wanted` that is free on 127.0.0.1, else one the system picks. */
export async function freePort(...wanted: (number | undefined)[]): Promise<number> {
  for (const port of wanted) {
    if (port !== undefined && (await listenOn(port)) !== undefined) return port;
  }
  const port = await listenOn(0);
  if (port === undefined) throw new Error('no port is free on 127.0.0.1');
  return port;
}

/** Opens and closes a listener; undefined when the port is taken. */
function listenOn(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const listener = createServer();
    listener.once('error', () => {
      resolve(undefined);
    });
    listener.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const taken = (listener.address() as AddressInfo).port;
      listener.close(() => {
        resolve(taken);
      });
    });
  });
}
