/** How a file is refused: by a RasterError that names it, and tells damage from what is only not supported. */
import { Damage } from './damage.js';
import { RasterError } from './raster.js';
import { Unsupported } from './unsupported.js';

/**
 * The error as a RasterError that names the file: Damage as `PATH: damaged: …`, Unsupported as `PATH: not supported: …`,
 * an error of the operating system as `PATH: cannot be read (CODE)`. Any other error comes back as it is.
 */
export function asRefusal(path: string, error: unknown): unknown {
  if (error instanceof Damage) return new RasterError(path, `damaged: ${error.message}`, { cause: error });
  if (error instanceof Unsupported)
    return new RasterError(path, `not supported: ${error.message}`, { cause: error });
  if (error instanceof Error && 'code' in error && 'syscall' in error)
    return new RasterError(path, `cannot be read (${String(error.code)})`, { cause: error });
  return error;
}

/** The same at once. */
export function orRefusalSync<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asRefusal(path, error);
  }
}

/** Does something with a file. @throws RasterError where that finds Damage, Unsupported, or no readable file */
export async function orRefusal<T>(path: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asRefusal(path, error);
  }
}
