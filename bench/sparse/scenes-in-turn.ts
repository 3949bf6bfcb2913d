/** Scenes of the benchmark's tile one after the other on one worker, from a store that is far away. */
import type { Bench } from '../bench.js';
import { type Ground, gridOf, type ParcelSet, scratchFolder } from '../ground.js';
import type { Servers } from '../product/servers.js';
import { openSite, type Site, type SiteOptions } from '../product/site.js';
import { type Campaign, cpuOf, WorkerProcess } from '../product/worker-process.js';
import type { ImageOf } from './oracle.js';
import { FREE_LANE, type SlowStore, UNHINDERED } from './slow-store.js';

/** What the runs of the section `sparse` share. */
export interface Sparse extends Bench {
  readonly ground: Ground;
  readonly servers: Servers;
  readonly store: SlowStore;
  /** Of decoding all three images, on as many threads as the worker has: measured anew each time. */
  readonly decodingSeconds: () => Promise<number>;
  /** The images of a scene, with the lengths of their tile-parts in their headers or without. */
  readonly images: (isListed: boolean) => ImageOf;
}

/** What a scene took. */
export interface Taken {
  readonly bytes: number;
  readonly requests: number;
  /** Seconds from claim to mark. */
  readonly wall: number;
  /** Seconds of CPU of the worker. */
  readonly workerCpu: number;
  /** And of the servers. */
  readonly cpu: number;
}

/** A square of the tile. */
export interface Square {
  /** Of the tile's side. */
  readonly side: number;
  /** Of its upper left corner, as shares of what is left of the tile's side. */
  readonly at: readonly [x: number, y: number];
}

export class ScenesInTurn {
  private next = 1;

  private constructor(
    private readonly sparse: Sparse,
    readonly site: Site,
    readonly worker: WorkerProcess,
    private readonly scenes: number,
  ) {}

  /** @param scenes the images of each */
  static async open(
    sparse: Sparse,
    parcels: ParcelSet,
    scenes: readonly ImageOf[],
    options: Pick<SiteOptions, 'checkout' | 'args'> = {},
  ): Promise<ScenesInTurn> {
    const { servers, store, ground } = sparse;
    const site = await openSite(servers, scratchFolder(sparse, 'site'), ground, parcels, scenes.length, {
      ...options,
      endpoint: store.endpoint,
      fileOf: (obsid, band) => scenes[obsid - 1]!(band),
    });
    try {
      return new ScenesInTurn(sparse, site, await WorkerProcess.start(site), scenes.length);
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  /** Extracts the next scene from a store that is near, which builds the coverages of what follows. */
  async warm(): Promise<void> {
    this.sparse.store.slowness = UNHINDERED;
    await this.scene();
  }

  /** Extracts the next scene from one that is far away. */
  async measured(): Promise<Taken> {
    const { store, say } = this.sparse;
    store.slowness = FREE_LANE;
    store.reset();
    const campaign = await this.scene();
    const { bytes, requests } = store;
    const taken = {
      ...{ bytes, requests, wall: campaign.scenes },
      ...{ workerCpu: campaign.cpu.worker ?? NaN, cpu: cpuOf(campaign) },
    };
    say(
      `sparse: ${(bytes / 1e6).toFixed(1)} MB, ${requests} requests, ${taken.wall.toFixed(2)} s, ${taken.cpu.toFixed(2)} s of CPU`,
    );
    return taken;
  }

  /** Makes the area of interest a square of the tile. */
  async drawArea({ side, at: [x, y] }: Square): Promise<void> {
    const { originX, originY, width, stepX, epsg } = gridOf(this.sparse.ground, 10);
    const metres = width * stepX;
    const left = originX + x * (1 - side) * metres;
    const top = originY - y * (1 - side) * metres;
    await this.site.pool.query(
      `UPDATE aois SET wkb_geometry = ST_Transform(ST_MakeEnvelope(${left}, ${top - side * metres}, ${left + side * metres}, ${top}, ${epsg}), 4326)`,
    );
  }

  async close(): Promise<void> {
    await this.worker.stop();
    await this.site.close();
  }

  private scene(): Promise<Campaign> {
    if (this.next > this.scenes) throw new Error(`only ${this.scenes} scenes were put into the store`);
    return this.worker.scene(this.next++);
  }
}
