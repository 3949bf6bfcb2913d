/** Where bands lie that STAC items tell the addresses of: a web server, and a bucket `eodata` that holds the same by its layout of keys. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BandAsset } from '../../cards/band-asset.js';
import { SceneIncomplete } from '../../cards/card.js';
import type { ObjectStore } from '../../store/object-store.js';
import { openStore } from '../../store/open.js';
import { WebServer } from '../store/web-server.js';
import { putKeys } from './tree.js';

export type Assets = Readonly<Record<string, BandAsset>>;

export class AddressedBands {
  private constructor(
    readonly web: WebServer,
    readonly store: ObjectStore,
    private readonly root: string,
  ) {}

  /** @param keys of the bucket's objects */
  static async open(keys: readonly string[]): Promise<AddressedBands> {
    const web = await WebServer.start();
    const root = await mkdtemp(join(tmpdir(), 'parcelwise-assets-'));
    await putKeys(join(root, 'eodata'), keys);
    const endpoint = pathToFileURL(root).href;
    return new AddressedBands(web, openStore({ endpoint, bucket: 'eodata', addressing: 'path' }), root);
  }

  /** The web server is well and has these files, and no others. */
  serve(names: readonly string[]): void {
    this.web.reset();
    this.web.objects.clear();
    for (const name of names) this.web.objects.set(`/${name}`, Buffer.from(name));
  }

  async close(): Promise<void> {
    this.store.close();
    await this.web.stop();
    await rm(this.root, { recursive: true });
  }
}

/** That the scene ends in that status word, with words like these. */
export const incomplete =
  (status: string, ...patterns: RegExp[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SceneIncomplete, String(error));
    assert.equal(error.status, status);
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  };
