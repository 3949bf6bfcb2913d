/** A prefix of an S3 bucket that files are put below, large ones in several parts: an object is there once it is whole. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { FilePlace } from './file-place.js';
import { ObjectMissing } from './object-store.js';
import { openS3Client } from './s3-client.js';
import type { S3Config } from './s3-config.js';
import { storeError } from './s3-errors.js';

/** Bytes that are sent at a time, held in memory for when they have to be sent again. S3 takes ten thousand of them. */
const PIECE_BYTES = 32 << 20;

export class S3Place implements FilePlace {
  private constructor(
    private readonly client: S3Client,
    private readonly config: S3Config,
    /** Empty, or with a slash at its end. */
    private readonly prefix: string,
    readonly workshop: string,
  ) {}

  static async open(config: S3Config, prefix: string): Promise<S3Place> {
    const folder = prefix.replaceAll(/^\/+|\/+$/g, '');
    const workshop = await mkdtemp(join(tmpdir(), 'parcelwise-export-'));
    return new S3Place(openS3Client(config), config, folder === '' ? '' : `${folder}/`, workshop);
  }

  get name(): string {
    return `s3://${this.config.bucket}/${this.prefix}`.replace(/\/$/, '');
  }

  async list(most = Infinity): Promise<string[]> {
    const names: string[] = [];
    for (
      let token: string | undefined, more = true;
      more && names.length < most;
      more = token !== undefined
    ) {
      const page = await this.ask('', () =>
        this.client.send(
          new ListObjectsV2Command({
            ...{ Bucket: this.config.bucket, Prefix: this.prefix, ContinuationToken: token },
            ...(most < 1000 && { MaxKeys: most }),
          }),
        ),
      );
      names.push(...(page.Contents ?? []).map(({ Key = '' }) => Key.slice(this.prefix.length)));
      token = page.NextContinuationToken;
    }
    return names;
  }

  async read(name: string): Promise<string | undefined> {
    try {
      const answer = await this.ask(name, () => this.client.send(new GetObjectCommand(this.object(name))));
      return await answer.Body?.transformToString('utf8');
    } catch (error) {
      if (error instanceof ObjectMissing) return undefined;
      throw error;
    }
  }

  async put(file: string, name: string, signal?: AbortSignal): Promise<void> {
    const opened = await open(file);
    try {
      const { size } = await opened.stat();
      if (size > PIECE_BYTES) await this.putInPieces(opened, size, name, signal);
      else await this.putWhole(await pieceOf(opened, 0, size), name, signal);
    } finally {
      await opened.close();
    }
    await rm(file);
  }

  async remove(name: string): Promise<void> {
    await this.ask(name, () => this.client.send(new DeleteObjectCommand(this.object(name))));
  }

  async close(): Promise<void> {
    this.client.destroy();
    await rm(this.workshop, { recursive: true, force: true });
  }

  private async putWhole(body: Buffer, name: string, signal: AbortSignal | undefined): Promise<void> {
    const command = new PutObjectCommand({ ...this.object(name), Body: body });
    await this.ask(name, () => this.client.send(command, abortable(signal)), signal);
  }

  /** What was begun and can't be brought to its end is given up, so that the store does not keep (and charge) its pieces. */
  private async putInPieces(
    file: FileHandle,
    size: number,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const begun = await this.ask(name, () =>
      this.client.send(new CreateMultipartUploadCommand(this.object(name)), abortable(signal)),
    );
    const upload = { ...this.object(name), UploadId: begun.UploadId };
    const parts: { PartNumber: number; ETag: string | undefined }[] = [];
    try {
      for (let from = 0; from < size; from += PIECE_BYTES) {
        const PartNumber = parts.length + 1;
        const piece = await pieceOf(file, from, Math.min(PIECE_BYTES, size - from));
        const command = new UploadPartCommand({ ...upload, PartNumber, Body: piece });
        const { ETag } = await this.ask(name, () => this.client.send(command, abortable(signal)), signal);
        parts.push({ PartNumber, ETag });
      }
      const end = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } });
      await this.ask(name, () => this.client.send(end, abortable(signal)), signal);
    } catch (error) {
      await this.client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  private object(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.config.bucket, Key: `${this.prefix}${name}` };
  }

  private async ask<T>(name: string, send: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { endpoint = 'AWS', bucket, endpointFrom, credentials } = this.config;
    try {
      return await send();
    } catch (error) {
      const place = {
        ...{ endpoint, bucket, key: `${this.prefix}${name}`, listing: name === '' },
        ...(endpointFrom !== undefined && { setting: endpointFrom }),
        secrets: Object.values(credentials?.() ?? {}) as string[],
      };
      throw storeError(error, place, signal);
    }
  }
}

async function pieceOf(file: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, from);
  if (bytesRead !== bytes) throw new Error(`${bytesRead} of ${bytes} bytes could be read`);
  return buffer;
}

const abortable = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };
