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
  /** What PostgreSQL says beside its message. */
  readonly told?: Partial<Record<Told, unknown>>;
}

const TOLD = ['schema', 'table', 'column', 'constraint', 'detail'] as const;
type Told = (typeof TOLD)[number];

export function flattenError(error: unknown): FlatError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), code: undefined, path: undefined };
  const { code, path } = error as NodeJS.ErrnoException;
  const told = Object.fromEntries(
    TOLD.flatMap((key) => (key in error ? [[key, Reflect.get(error, key)]] : [])),
  );
  return { name: error.name, message: error.message, code, path, told };
}

/** The error again, known by its name as the failure table knows it. */
export function reviveError({ name, message, code, path, told }: FlatError): Error {
  return Object.assign(new Error(message), { name, code, path, ...told });
}
