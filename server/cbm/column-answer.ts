/** Sends what was read as columns of JSON already, in their order: nothing of it is parsed or written anew. */
import type { FastifyReply } from 'fastify';
import type { JsonColumn } from '../../database/reads/json-columns.js';
import { orEmpty } from './answer.js';

/** @param read undefined where there is nothing that could be read: the answer is the empty object then, too. */
export async function sendColumns(
  reply: FastifyReply,
  read: () => Promise<readonly JsonColumn[] | undefined>,
): Promise<FastifyReply> {
  const columns = await orEmpty(async () => (await read()) ?? []);
  const members = Array.isArray(columns) ? (columns as readonly JsonColumn[]).map(member) : [];
  return reply.type('application/json; charset=utf-8').send(`{${members.join(',')}}`);
}

const member = ({ name, json }: JsonColumn): string => `${JSON.stringify(name)}:${json}`;
