/**
 * A coverage on disk. The file begins with a line of JSON that says what it is (the key it was built for, its size and
 * SHA-256), padded to a page, and holds the coverage's buffer after it. It appears under its name only when it is
 * complete, and nothing is taken from it unless all of it is as it was written.
 */
import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { Coverage, CoverageDamaged } from './coverage.js';

const HEAD_BYTES = 4096;
const KIND = 'parcelwise coverage';
/** One read or write call can't carry more than 2 GiB. */
const STEP_BYTES = 1 << 26;

interface Head {
  readonly kind: string;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes the file under another name beside `path` and renames it, so that readers see all of it or nothing.
 * @param key says what the coverage is of; `readCoverageFile` must be given the same.
 */
export async function writeCoverageFile(path: string, coverage: Coverage, key: string): Promise<void> {
  const content = Buffer.from(coverage.buffer);
  const head: Head = { kind: KIND, key, bytes: content.length, sha256: sha256(content) };
  const line = Buffer.from(`${JSON.stringify(head)}\n`);
  if (line.length > HEAD_BYTES)
    throw new RangeError(`a coverage file's key can't have ${key.length} characters`);
  const unfinished = `${path}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(unfinished, 'wx');
    try {
      await writeAll(file, Buffer.concat([line, Buffer.alloc(HEAD_BYTES - line.length, ' ')]), 0);
      await writeAll(file, content, HEAD_BYTES);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * Reads a file that `writeCoverageFile` wrote; undefined when there is none.
 * @throws CoverageDamaged when it is of another kind, version or key, or not as it was written: delete it, build it anew.
 */
export async function readCoverageFile(path: string, key: string): Promise<Coverage | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    const page = Buffer.alloc(HEAD_BYTES);
    await readAll(file, page, 0);
    const head = parseHead(page);
    if (head === undefined) throw new CoverageDamaged('it is no coverage file');
    if (head.key !== key) throw new CoverageDamaged(`it is the coverage of ${head.key}, not of ${key}`);
    if (size !== HEAD_BYTES + head.bytes)
      throw new CoverageDamaged(`it has ${size} bytes, not as many as it should`);
    const buffer = new SharedArrayBuffer(head.bytes);
    const content = Buffer.from(buffer);
    await readAll(file, content, HEAD_BYTES);
    if (sha256(content) !== head.sha256) throw new CoverageDamaged('its content does not match its checksum');
    return Coverage.from(buffer);
  } catch (error) {
    if (error instanceof CoverageDamaged) throw new CoverageDamaged(`${path}: ${error.message}`);
    throw error;
  } finally {
    await file.close();
  }
}

function parseHead(page: Buffer): Head | undefined {
  try {
    const head = JSON.parse(page.toString('utf8')) as Partial<Head> | null;
    const { kind, key, bytes, sha256 } = head ?? {};
    if (kind !== KIND || typeof key !== 'string' || typeof sha256 !== 'string') return undefined;
    return Number.isSafeInteger(bytes) && bytes! >= 0 ? { kind, key, bytes: bytes!, sha256 } : undefined;
  } catch {
    return undefined;
  }
}

function sha256(content: Buffer): string {
  const hash = createHash('sha256');
  for (let at = 0; at < content.length; at += STEP_BYTES) hash.update(content.subarray(at, at + STEP_BYTES));
  return hash.digest('hex');
}

async function writeAll(file: FileHandle, content: Buffer, position: number): Promise<void> {
  for (let at = 0; at < content.length;) {
    const bytes = Math.min(content.length - at, STEP_BYTES);
    at += (await file.write(content, at, bytes, position + at)).bytesWritten;
  }
}

async function readAll(file: FileHandle, content: Buffer, position: number): Promise<void> {
  for (let at = 0; at < content.length;) {
    const { bytesRead } = await file.read(
      content,
      at,
      Math.min(content.length - at, STEP_BYTES),
      position + at,
    );
    if (bytesRead === 0) throw new CoverageDamaged('it is cut short');
    at += bytesRead;
  }
}
