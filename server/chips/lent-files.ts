/** Names under which chips can be fetched for a while by whoever was told them: nobody guesses one. */
import { randomBytes } from 'node:crypto';

const LENT_FOR_MS = 60 * 60_000;
/** Folders; of those beyond that the oldest go. */
const MOST = 10_000;

interface Folder {
  readonly until: number;
  /** What chips are kept by, by the names of files. */
  readonly files: ReadonlyMap<string, string>;
}

export class LentFiles {
  private readonly folders = new Map<string, Folder>();

  constructor(private readonly now = () => performance.now()) {}

  /** @returns the folder's name. @param label stands before what can't be guessed */
  lend(label: string, files: ReadonlyMap<string, string>): string {
    const name = `${label}_${randomBytes(16).toString('hex')}`;
    this.folders.set(name, { until: this.now() + LENT_FOR_MS, files });
    for (const [oldest, { until }] of this.folders) {
      if (this.folders.size <= MOST && until > this.now()) break;
      this.folders.delete(oldest);
    }
    return name;
  }

  find(folder: string, file: string): string | undefined {
    const found = this.folders.get(folder);
    return found !== undefined && found.until > this.now() ? found.files.get(file) : undefined;
  }
}
