/** Entry of a thread that reads and draws chips: takes one task at a time and answers with its result. */
import { parentPort } from 'node:worker_threads';
import type { ChipAnswer, ChipTask } from './chip-task.js';
import { drawPicture } from './picture.js';
import { readChip } from './read-chip.js';

parentPort?.on('message', (task: ChipTask) => {
  void perform(task).then((answer) => parentPort?.postMessage(answer));
});

async function perform(task: ChipTask): Promise<ChipAnswer> {
  try {
    return { result: task.kind === 'read' ? await readChip(task) : drawPicture(task) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { error: { name, message } };
  }
}
