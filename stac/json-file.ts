/** JSON of a static STAC catalog in files on this machine. Nothing of a file's content is ever shown. */
import { constants, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { insideFolders, type AllowedAddresses, AddressNotAllowed } from '../store/allowed-addresses.js';
import { MAX_BYTES } from './body.js';
import { StacDenied } from './errors.js';

/** The file is no JSON: of an item, that item is left out. */
export class NotJson extends StacDenied {}

/** @throws StacDenied where it lies outside the folders that may be read, NotJson, StacDenied where it can't be read. */
export async function readJsonFile(url: string, allowed: AllowedAddresses): Promise<unknown> {
  const path = await insideFolders(pathOf(url), allowed).catch((error: unknown) => {
    throw error instanceof AddressNotAllowed ? new StacDenied(error.message) : error;
  });
  const content = await readText(path);
  try {
    return JSON.parse(content);
  } catch {
    throw new NotJson(`${path} is not JSON`);
  }
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new StacDenied(`${url.slice(0, 100)} names no file of this machine`);
  }
}

async function readText(path: string): Promise<string> {
  try {
    // A pipe would keep its opener waiting.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw new StacDenied(`${path} is no file`);
      if (found.size > MAX_BYTES) throw new StacDenied(`${path} has more than ${MAX_BYTES >> 20} MiB`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof StacDenied) throw error;
    throw new StacDenied(`${path} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
