/** A raster thread that does what the path of a decode task says: answers, waits, fails, or dies. */
import { parentPort, threadId } from 'node:worker_threads';
import type { Answer } from '../../workers/thread-message.js';
import { flattenError } from '../../workers/thread-message.js';

parentPort?.on('message', ({ task, telling }: { task: { kind: string; path: string }; telling?: number }) => {
  const answer = (given: Answer): void => {
    parentPort?.postMessage({ ...given, ...(telling !== undefined && { telling }) });
  };
  switch (task.path) {
    case 'wait':
      setTimeout(answer, 100, { result: threadId });
      return;
    case 'fail':
      answer({
        error: flattenError(Object.assign(new Error('no such block'), { name: 'RasterError', code: 'EIO' })),
      });
      return;
    case 'exit':
      process.exit(3);
      return;
    case 'throw':
      throw new RangeError('out of memory');
    default:
      answer({ result: threadId });
  }
});
