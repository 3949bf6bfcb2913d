/** Reads a Parquet file of an export back by a reader that knows nothing of the writer. */
import { readFile } from 'node:fs/promises';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';

/** Geometries as bytes. */
export async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const file = await bytesOf(path);
  const metadata = parquetMetadata(file, { geoparquet: false });
  return await parquetReadObjects({ file, metadata, utf8: false });
}

export async function readFooter(path: string): Promise<FileMetaData> {
  return parquetMetadata(await bytesOf(path), { geoparquet: false });
}

async function bytesOf(path: string): Promise<ArrayBuffer> {
  const bytes = await readFile(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
