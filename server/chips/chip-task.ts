/** What threads that read and draw chips are asked, and how they answer. */
import type { PictureTask } from './picture.js';
import type { ReadTask } from './read-chip.js';

export type ChipTask = ReadTask | PictureTask;

export interface ChipAnswer {
  readonly result?: unknown;
  /** Cloning keeps neither an error's class nor its name. */
  readonly error?: { readonly name: string; readonly message: string };
}
