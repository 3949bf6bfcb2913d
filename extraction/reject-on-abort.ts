/**
 * Waits for work that several callers share: rejects with the reason of the signal where it aborts first. The work goes on for
 * the others.
 */
export function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    const stay = (): void => {
      signal.removeEventListener('abort', leave);
    };
    work.then(resolve, reject).finally(stay);
  });
}
