/** The part of the WebAssembly JavaScript API that `kernel.ts` uses: TypeScript declares it for browsers only. */
declare namespace WebAssembly {
  interface Module {
    readonly compiled: unique symbol;
  }
  const Module: new (bytes: Uint8Array) => Module;
  class Instance {
    constructor(module: Module, imports: Record<string, never>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
}
