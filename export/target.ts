/** What an export finds at its target, and how it leaves it: a manifest that is never ahead of the files, nor behind. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilePlace } from '../store/file-place.js';
import { UserError } from '../terminal/user-error.js';
import { isSameItem, ITEM } from './item.js';
import {
  differenceOf,
  type ExportOf,
  type Manifest,
  MANIFEST,
  type ManifestFile,
  jsonOf,
  type ManifestScene,
  manifestText,
  newManifest,
  parseManifest,
} from './manifest.js';

export class Target {
  private constructor(
    readonly place: FilePlace,
    private manifest: Manifest,
    private readonly software: string,
  ) {}

  /**
   * Takes over what an export of the same has left, or an empty place. Files of ours that no manifest tells of go: a run was killed
   * before it could.
   * @throws UserError where something else lies there, or another export.
   */
  static async open(place: FilePlace, of: ExportOf, software: string): Promise<Target> {
    const text = await place.read(MANIFEST);
    if (text === undefined) {
      const [other] = await place.list(1);
      if (other !== undefined)
        throw new UserError(
          `${place.name} holds files that are no export (${other}); name an empty folder, or one that parcelwise has exported to`,
        );
      const target = new Target(place, newManifest(of, software), software);
      await target.save();
      return target;
    }
    const manifest = parseManifest(text, place.name);
    const difference = differenceOf(manifest.of, of);
    if (difference !== undefined)
      throw new UserError(
        `${place.name} holds another export (${difference}); name another target, or ask for the same`,
      );
    const target = new Target(place, manifest, software);
    const told = new Set(manifest.files.map(({ path }) => path));
    for (const name of await place.list()) if (isPart(name) && !told.has(name)) await place.remove(name);
    return target;
  }

  get of(): ExportOf {
    return this.manifest.of;
  }

  get files(): readonly ManifestFile[] {
    return this.manifest.files;
  }

  get withoutRows(): readonly ManifestScene[] {
    return this.manifest.withoutRows;
  }

  /** Brings a file to its place, and tells of it. One that it takes the place of is told of no more, lest its hash be of another. */
  async add(file: string, told: ManifestFile, signal?: AbortSignal): Promise<void> {
    const others = this.manifest.files.filter(({ path }) => path !== told.path);
    if (others.length < this.manifest.files.length) {
      this.manifest = { ...this.manifest, files: others };
      await this.save();
    }
    await this.place.put(file, told.path, signal);
    this.manifest = { ...this.manifest, files: [...others, told] };
    await this.save();
  }

  /**
   * Ends a run: these files and no others are the export. @returns how many went.
   * @param item describes them, by the time at which that was
   */
  async settle(
    files: readonly ManifestFile[],
    withoutRows: readonly ManifestScene[],
    item: (made: string) => Promise<Record<string, unknown>>,
  ): Promise<number> {
    const kept = files.map((file) => ({ ...file, pending: undefined }));
    const paths = new Set(kept.map(({ path }) => path));
    const dropped = this.manifest.files.filter(({ path }) => !paths.has(path));
    const made = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    this.manifest = {
      ...{ ...this.manifest, made, software: this.software },
      files: kept.sort((a, b) => (a.path < b.path ? -1 : 1)),
      withoutRows: [...withoutRows],
    };
    await this.save();
    await this.describe(await item(made));
    for (const { path } of dropped) await this.place.remove(path);
    return dropped.length;
  }

  /** One that says the same is left, with its time. */
  private async describe(item: Record<string, unknown>): Promise<void> {
    const before = await this.place.read(ITEM);
    if (before !== undefined && isSameItem(jsonOf(before), item)) return;
    await this.place.put(await this.textFile(`${JSON.stringify(item, undefined, 1)}\n`), ITEM);
  }

  private async save(): Promise<void> {
    await this.place.put(await this.textFile(manifestText(this.manifest)), MANIFEST);
  }

  private async textFile(text: string): Promise<string> {
    const path = join(this.place.workshop, 'text');
    await mkdir(this.place.workshop, { recursive: true });
    await writeFile(path, text);
    return path;
  }
}

/** By its name. */
function isPart(name: string): boolean {
  return /^series\/([a-z]+=[^/]+\/)*part-\d+\.[a-z]+$/.test(name);
}
