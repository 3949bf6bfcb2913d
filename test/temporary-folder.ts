import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A folder for what a test file writes; it goes when the file's tests are over. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `parcelwise-${name}-`));
  after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}
