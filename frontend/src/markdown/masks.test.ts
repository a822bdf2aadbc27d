import { afterEach, describe, expect, it } from 'vitest';
import { pieces, remember } from './masks';

describe('values with a stand-in', () => {
  afterEach(() => remember([]));

  it('are found whatever signs they hold, and the pieces give the text again', () => {
    for (const sign of [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ä']) {
      const value = `Ann${sign}Berg`;
      remember([{ value, token: '[PERSON_1]', type: 'PERSON' }]);
      const text = `To ${value}, and to AnnBergs.`;
      const all = pieces(text);
      expect(all.map((p) => p.text).join('')).toBe(text);
      expect(all.filter((p) => p.standIn)).toEqual([
        expect.objectContaining({ text: value, standIn: '[PERSON_1]' }),
      ]);
    }
  });
});
