/** The version of this program. */
import { readFileSync } from 'node:fs';

export function programVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

/** As what it makes names it. */
export function softwareName(): string {
  return `parcelwise ${programVersion()}`;
}
