/** The file as the geotiff package reads its header: by ranges, as far as the file goes. */
import { Damage } from '../damage.js';
import type { ByteSource } from '../file-source.js';

/** What the package asks for at first, before it knows how much it needs; small files may end before. */
const FIRST_BYTES = 4096;
/** Directory and tags of one image. Those of a million tiles fit; more would be a file that sends us in circles. */
const MAX_BYTES = 64 << 20;

interface Slice {
  readonly offset: number;
  readonly length: number;
}

/** A source by the package's interface (its `BaseSource`, which it doesn't export). */
export class HeaderSource {
  readonly #file: ByteSource;
  #bytesLeft = MAX_BYTES;

  constructor(file: ByteSource) {
    this.#file = file;
  }

  get fileSize(): number {
    return this.#file.size;
  }

  async fetch(slices: readonly Slice[]): Promise<ArrayBufferLike[]> {
    return Promise.all(slices.map(async (slice) => (await this.fetchSlice(slice)).data));
  }

  /**
   * The package allocates what a damaged count says once it has the bytes, so far more than the file holds is refused
   * here. It also asks for up to twice what a directory needs, so a little less is not.
   */
  fetchSlice({ offset, length }: Slice): Promise<Slice & { data: ArrayBufferLike }> {
    const available = Math.min(length, this.#file.size - offset);
    if (!(available > 0) || (length > FIRST_BYTES && length > 2 * available)) {
      throw new Damage(
        `the file is truncated: it has ${this.#file.size} bytes, but its header leads to bytes ${offset} to ${offset + length}`,
      );
    }
    this.#bytesLeft -= available;
    if (this.#bytesLeft < 0) throw new Damage(`has a header of more than ${MAX_BYTES} bytes`);
    const data = this.#file.read(offset, available).buffer;
    return Promise.resolve({ offset, length: available, data });
  }

  /** The file is closed by who opened it. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
