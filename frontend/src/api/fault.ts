import { toFaultFields } from './decode';
import type { Fault } from './types';

/** An error from the bridge may be {code,message,hint}, that as a JSON string, an Error, or plain words. */
export function toFault(reason: unknown): Fault {
  const direct = toFaultFields(reason);
  if (direct && !(reason instanceof Error)) return direct;
  const words = reason instanceof Error ? reason.message : typeof reason === 'string' ? reason : '';
  if (words.trimStart().startsWith('{')) {
    try {
      const parsed = toFaultFields(JSON.parse(words));
      if (parsed) return parsed;
    } catch {
      // not JSON after all: these are words
    }
  }
  return { code: 'internal', message: words, hint: '' };
}
