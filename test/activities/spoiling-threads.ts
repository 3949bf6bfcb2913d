/** Threads that leave noise in every decoded pixel which nobody is said to want, so that a number made of it shows. */
import type { DecodeTask, ForgetTask, ThreadResults, Threads, ThreadTask } from '../../extraction/tasks.js';
import { pixelArray } from '../../rasters/index.js';

export class SpoilingThreads implements Threads {
  constructor(private readonly threads: Threads) {}

  get size(): number {
    return this.threads.size;
  }

  async run<T extends ThreadTask>(task: T, signal?: AbortSignal): Promise<ThreadResults[T['kind']]> {
    const result = await this.threads.run(task, signal);
    if (task.kind === 'decode') spoil(task);
    return result;
  }

  broadcast(task: ForgetTask): Promise<void> {
    return this.threads.broadcast(task);
  }
}

function spoil({ plane, block, wanted }: DecodeTask): void {
  if (wanted === undefined) return;
  const { cell, across, marks } = wanted;
  const { width, height, blockWidth, blockHeight } = plane;
  const pixels = pixelArray(plane.pixelType, plane.pixels);
  const blocksAcross = Math.ceil(width / blockWidth);
  const [left, top] = [(block % blocksAcross) * blockWidth, Math.floor(block / blocksAcross) * blockHeight];
  for (let row = top; row < Math.min(height, top + blockHeight); row++)
    for (let column = left; column < Math.min(width, left + blockWidth); column++) {
      if (marks[Math.floor(row / cell) * across + Math.floor(column / cell)] === 0)
        pixels[row * width + column] = (row * 7 + column * 13) % 11;
    }
}
