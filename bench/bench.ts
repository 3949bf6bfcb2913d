/** What every section of the benchmark is given. */
import type { Options } from './options.js';
import type { Peers } from './peers.js';
import type { Report } from './report.js';

export interface Bench {
  readonly options: Options;
  /** Where environments, data and servers' files are kept between runs. */
  readonly folder: string;
  readonly peers: Peers;
  readonly report: Report;
  /** Tells what is being done. */
  readonly say: (line: string) => void;
}

export type Section = (bench: Bench) => Promise<void>;
