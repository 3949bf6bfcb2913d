/** Where files of ours are put: below a folder, or below a prefix of a bucket. A file is there whole or not at all. */

/** Names are paths with slashes, below the place. */
export interface FilePlace {
  /** For messages. */
  readonly name: string;
  /** Where files are made before they are put: a folder of this machine. */
  readonly workshop: string;
  /** Names of the files, of as many as are asked for. */
  list(most?: number): Promise<string[]>;
  /** Undefined where there is no such file. */
  read(name: string): Promise<string | undefined>;
  /**
   * Moves a file of this machine there, in the place of one of the same name.
   * @throws StoreDenied, StoreFailure, and what the system says
   */
  put(file: string, name: string, signal?: AbortSignal): Promise<void>;
  /** Nothing happens where it is not there. */
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}
