/** A period of whole days. */
import { z } from 'zod';

const day = (description: string) => z.iso.date().optional().meta({ description, example: '2024-04-01' });

export const PERIOD = {
  from: day('The first day, UTC.'),
  to: day('The last day, UTC; all of it belongs to the period.'),
};

export const CARD = z
  .string()
  .regex(/^\w{1,10}$/)
  .meta({ description: 'A type of scenes: s2 (optical), bs (backscatter), c6 (coherence).', example: 's2' });
