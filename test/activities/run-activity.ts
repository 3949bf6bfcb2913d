/** Runs activities as a worker does, without a server. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

export type Running<Result> = Promise<Result> & {
  /** What the activity told of its progress so far. */
  readonly beats: unknown[];
  /** As the server does when the workflow is cancelled. */
  readonly cancel: () => void;
};

export function run<Args extends unknown[], Result>(
  activity: (...args: Args) => Promise<Result>,
  ...args: Args
): Running<Result> {
  const environment = new MockActivityEnvironment(
    {},
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  const beats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => beats.push(details));
  const result = environment.run<Args, Result, typeof activity>(activity, ...args);
  const cancel = (): void => {
    environment.cancel('CANCELLED');
  };
  return Object.assign(result, { beats, cancel });
}
