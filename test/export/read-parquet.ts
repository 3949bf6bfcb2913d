/** Reads a Parquet file of an export back by a reader that knows nothing of the writer. */
import { readFile } from 'node:fs/promises';
import { parquetReadObjects } from 'hyparquet';

export async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return await parquetReadObjects({ file, utf8: false });
}
