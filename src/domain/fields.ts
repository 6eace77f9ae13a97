/** Fields that many records have. */
import { z } from 'zod';

export const count = z.int().min(0);
export const time = z.iso.datetime();
