/** What requests for chips have in common: a store to make them from, how many there may be, and whether somebody waits still. */
import type { FastifyReply } from 'fastify';
import type { ChipService } from '../chips/chip-service.js';
import { RequestFault } from '../request-fault.js';
import type { Served } from '../served.js';

/** Of more scenes than that CbM's routes show none. */
export const MOST_SCENES = 24;

/** @throws RequestFault where no store is configured */
export function serviceOf({ chips }: Served): ChipService {
  if (chips !== undefined) return chips;
  throw new RequestFault(404, 'Here are no chips: the server knows no object store (serve --s3-config)');
}

/** Aborted when who asked has gone. */
export function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    gone.abort();
  });
  return gone.signal;
}
