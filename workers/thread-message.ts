/** What a raster thread answers, and errors on their way between threads. */
export interface Answer {
  readonly result?: unknown;
  readonly error?: FlatError;
  /** Set on answers to words beside the work. */
  readonly telling?: number;
}

/** An error as plain data: structured cloning keeps neither its class nor its fields. */
export interface FlatError {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly path: string | undefined;
}

export function flattenError(error: unknown): FlatError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), code: undefined, path: undefined };
  const { code, path } = error as NodeJS.ErrnoException;
  return { name: error.name, message: error.message, code, path };
}

/** The error again, known by its name as the failure table knows it. */
export function reviveError({ name, message, code, path }: FlatError): Error {
  return Object.assign(new Error(message), { name, code, path });
}
