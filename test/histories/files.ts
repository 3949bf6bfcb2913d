/** Where the recorded histories lie. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../../test/histories/', import.meta.url);

export function historyFile(name: string): string {
  return fileURLToPath(new URL(`${name}.json`, FOLDER));
}

export async function recordedHistories(): Promise<{ workflowId: string; history: unknown }[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).sort();
  return await Promise.all(
    files.map(async (file) => ({
      workflowId: file.replace(/\.json$/, ''),
      history: JSON.parse(await readFile(new URL(file, FOLDER), 'utf8')) as unknown,
    })),
  );
}
