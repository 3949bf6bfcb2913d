/** Names under which chips can be fetched for a while by whoever was told them: nobody guesses one. */
import { randomBytes } from 'node:crypto';
import type { Drawing } from './picture.js';

/** By the names that chips are kept by. */
export type LentFile =
  | { readonly kind: 'chip'; readonly name: string }
  | { readonly kind: 'picture'; readonly names: readonly string[]; readonly drawing: Drawing };

const LENT_FOR_MS = 60 * 60_000;
/** Some hundred bytes each; of folders with more than that together the oldest go. */
const MOST_FILES = 100_000;

interface Folder {
  readonly until: number;
  readonly files: ReadonlyMap<string, LentFile>;
}

export class LentFiles {
  /** The first of the map is the oldest. */
  private readonly folders = new Map<string, Folder>();
  private count = 0;

  constructor(
    private readonly mostFiles = MOST_FILES,
    private readonly now = () => performance.now(),
  ) {}

  /** @returns the folder's name. @param label stands before what can't be guessed */
  lend(label: string, files: ReadonlyMap<string, LentFile>): string {
    const name = `${label}_${randomBytes(16).toString('hex')}`;
    this.folders.set(name, { until: this.now() + LENT_FOR_MS, files });
    this.count += files.size;
    for (const [oldest, { until, files: former }] of this.folders) {
      if (this.count <= this.mostFiles && until > this.now()) break;
      this.folders.delete(oldest);
      this.count -= former.size;
    }
    return name;
  }

  find(folder: string, file: string): LentFile | undefined {
    const found = this.folders.get(folder);
    return found !== undefined && found.until > this.now() ? found.files.get(file) : undefined;
  }
}
