/** Rasters a thread has open, since opening one reads its headers anew. */
import { openRaster, type Raster } from '../rasters/index.js';

/** Two scenes of a few bands each. */
const KEPT = 12;

export class OpenRasters {
  private readonly rasters = new Map<string, Promise<Raster>>();

  async get(path: string): Promise<Raster> {
    const known = this.rasters.get(path);
    // Moved to the end: the first of the map is the one that was not asked for longest.
    this.rasters.delete(path);
    const raster = known ?? openRaster(path);
    this.rasters.set(path, raster);
    try {
      const opened = await raster;
      await this.trim();
      return opened;
    } catch (error) {
      this.rasters.delete(path);
      throw error;
    }
  }

  async closeBelow(folder: string): Promise<void> {
    for (const path of this.rasters.keys()) {
      if (path.startsWith(folder)) await this.close(path);
    }
  }

  private async trim(): Promise<void> {
    for (const path of this.rasters.keys()) {
      if (this.rasters.size <= KEPT) return;
      await this.close(path);
    }
  }

  private async close(path: string): Promise<void> {
    const raster = this.rasters.get(path);
    this.rasters.delete(path);
    await (await raster)?.close();
  }
}
