/** Options of what rows are measured by: which pixels a parcel has, which of them are clear, whether cloudy ones are, people's own indices. */
import { z } from 'zod';
import {
  DEFAULT_CLEAR,
  DEFAULT_PIXELS,
  INDEX_NAME,
  MAX_INNER_BUFFER_M,
  PIXEL_RULES,
  WIDEST_M,
} from '../database/selection/defaults.js';
import { described } from './fields.js';

export const measuring = () => ({
  pixels: z.enum(PIXEL_RULES).optional().register(described, {
    meaning:
      'pixels of a parcel: with their centre in it, touched by it, wholly inside, or all by the share covered',
    more: ': [which pixels](statistics.md#which-pixels-a-parcel-has)',
    flag: '--pixels <rule>',
    key: 'pixels',
    otherwise: DEFAULT_PIXELS,
  }),
  innerBufferM: z.number().min(0).max(MAX_INNER_BUFFER_M).optional().register(described, {
    meaning: 'parcels shrink by so much before raw rows are measured, metres',
    flag: '--inner-buffer <metres>',
    key: 'inner_buffer_m',
    otherwise: 0,
  }),
  clear: z
    .strictObject({
      classes: z.array(z.int().min(0).max(255)).min(1).readonly().register(described, {
        meaning: 'classes of the class map whose pixels are not clear',
        more: ': `[3, 8, 9, 10]`',
        key: 'clear.classes',
        otherwise: 'those of the CARD type',
      }),
      widenM: z.number().min(0).max(WIDEST_M).register(described, {
        meaning: 'what is not clear is grown by so much, metres',
        key: 'clear.widen_m',
        otherwise: DEFAULT_CLEAR.widenM,
      }),
      minPixels: z.int().min(1).register(described, {
        meaning: 'clear pixels that a parcel must have for a clear row',
        key: 'clear.min_pixels',
        otherwise: DEFAULT_CLEAR.minPixels,
      }),
      innerBufferM: z.number().min(0).max(MAX_INNER_BUFFER_M).register(described, {
        meaning: 'parcels shrink by so much before clear rows are measured, metres',
        key: 'clear.inner_buffer_m',
        otherwise: DEFAULT_CLEAR.innerBufferM,
      }),
    })
    .partial()
    .optional(),
  skipCloudy: z.boolean().optional().register(described, {
    meaning: 'parcels without a clear pixel are not measured, and no pixels are fetched for them alone',
    more: ': [clouds that are never fetched](statistics.md#clouds-that-are-never-fetched)',
    flag: '--skip-cloudy',
    key: 'skip_cloudy',
  }),
  indices: z
    .record(z.string().regex(INDEX_NAME.pattern, INDEX_NAME.mistake), z.string().min(1))
    .optional()
    .register(described, {
      meaning: 'indices of your own, by name: arithmetic of bands',
      more: ': `{"XYZ": "(B08 - B11) / (B08 + B11)"}`',
      key: 'indices',
      otherwise: 'none',
    }),
});
