/** Files of chips, and the answers that name them. Who was told a name fetches it without an account, as from CbM's server. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ChipService } from '../chips/chip-service.js';
import { chipFile } from '../chips/geotiff.js';
import type { ChipScene } from '../chips/known-bands.js';
import type { LentFile } from '../chips/lent-files.js';
import { type MadeChip, makeChips, type MadeChips, type WantedChip } from '../chips/make-chips.js';
import type { Place } from '../chips/place.js';
import { RequestFault } from '../request-fault.js';
import type { Served } from '../served.js';
import type { Columns } from './answer.js';
import { serviceOf, untilGone } from './chip-requests.js';

export function registerChipFiles(app: FastifyInstance, served: Served): void {
  app.get<{ Params: { folder: string; file: string } }>(
    '/static/tmp/:folder/:file',
    { config: { open: true } },
    async (request, reply) => {
      const { folder, file } = request.params;
      const service = serviceOf(served);
      const lent = service.lent.find(folder, file);
      const bytes = lent && (await bytesOf(service, lent, reply));
      if (bytes === undefined)
        throw new RequestFault(404, 'There is no such file, or not any more. Ask for the chips again');
      return reply.type(lent?.kind === 'picture' ? 'image/png' : 'image/tiff').send(bytes);
    },
  );
}

async function bytesOf(
  { chips }: ChipService,
  lent: LentFile,
  reply: FastifyReply,
): Promise<Uint8Array | undefined> {
  if (lent.kind === 'picture') {
    const picture = await chips.draw(lent.names, lent.drawing, untilGone(reply));
    return picture && Buffer.from(picture);
  }
  const chip = await chips.kept(lent.name);
  return chip && chipFile(chip);
}

/** How an answer calls a chip. */
export interface Labels {
  readonly date: (chip: MadeChip) => string;
  /** Without the ending. */
  readonly file: (chip: MadeChip) => string;
}

/** Makes chips, and names their files. @throws RequestFault where there is none that can be read */
export async function chipList(
  service: ChipService,
  reply: FastifyReply,
  wanted: readonly WantedChip[],
  square: { readonly place: Place; readonly metres: number },
  { date, file }: Labels,
): Promise<Columns> {
  const { made } = await makeSome(service, reply, wanted, square);
  const names = made.map((chip) => fileName(file(chip), 'tif'));
  const files = names.map((name, i) => [name, { kind: 'chip', name: made[i]!.kept.name }] as const);
  const folder = lendFiles(service, square.place, new Map(files));
  return { dates: made.map(date), chips: names.map((name) => `${folder}/${name}`) };
}

/** @throws RequestFault where all that is there can't be read */
export async function makeSome(
  service: ChipService,
  reply: FastifyReply,
  wanted: readonly WantedChip[],
  { place, metres }: { readonly place: Place; readonly metres: number },
): Promise<MadeChips> {
  const answer = await makeChips(service, wanted, place, metres, untilGone(reply));
  const { made, missing } = answer;
  if (made.length === 0 && missing.length > 0) throw new RequestFault(404, `${missing.join('. ')}.`);
  if (missing.length > 0) reply.header('x-chips-missing', missing.length);
  return answer;
}

/** @returns the path of a folder in which files are found for a while. It begins with the place, as CbM's do. */
export function lendFiles(
  { lent }: ChipService,
  { lon, lat }: Place,
  files: ReadonlyMap<string, LentFile>,
): string {
  const degrees = (value: number): number => Math.round(value * 1e4);
  return `/static/tmp/${lent.lend(`E${degrees(lon)}N${degrees(lat)}`, files)}`;
}

export const fileName = (name: string, ending: string): string =>
  `${name}.${ending}`.replace(/[^\w.-]/g, '_');

export const productOf = ({ reference }: Pick<ChipScene, 'reference'>): string => withoutEnding(reference);
export const withoutEnding = (name: string): string => name.replace(/\.SAFE$/i, '');
