/** The Temporal server for as long as something is asked of it. */
import { connectTemporal, type Environment } from './temporal.js';
import { type TemporalConnection } from './temporal-connection.js';

/** @throws TemporalUnreachable */
export async function withTemporal<T>(
  work: (temporal: TemporalConnection) => Promise<T>,
  env: Environment = process.env,
): Promise<T> {
  const temporal = await connectTemporal(env);
  try {
    return await work(temporal);
  } finally {
    await temporal.connection.close();
  }
}
