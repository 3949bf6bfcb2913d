/**
 * Memory of planes that nobody uses any more, for the planes of the next scene. Memory that is merely dropped is free only
 * when the garbage collectors of all threads have let go of it, and they have little reason to run: the next scene would
 * come on top.
 */
export class PlanePool {
  private readonly spare: SharedArrayBuffer[] = [];

  /**
   * Memory for a plane of `bytes`, of which `touched` will be written. What was in it before is still there where it is not.
   */
  take(bytes: number, touched: number): SharedArrayBuffer {
    // New memory costs nothing where it is not touched; used memory costs all of it.
    if (2 * touched < bytes) return new SharedArrayBuffer(bytes);
    const at = this.spare.findIndex(({ byteLength }) => byteLength === bytes);
    if (at >= 0) return this.spare.splice(at, 1)[0]!;
    // Scenes of another kind have come; planes of this size may not be wanted again for long.
    this.spare.length = 0;
    return new SharedArrayBuffer(bytes);
  }

  /** Keeps memory that no thread reads or writes any more. */
  keep(pixels: SharedArrayBuffer, touched: number): void {
    if (2 * touched >= pixels.byteLength) this.spare.push(pixels);
  }
}
