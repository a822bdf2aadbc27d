import { describe, expect, it } from 'vitest';
import { toConversations, toMessage, toState, toStatus, toTurnEvent } from './decode';
import { toFault } from './fault';

const fault = { code: 'busy', message: 'm', hint: 'h' };

describe('an error from the bridge', () => {
  it.each([
    ['an object', fault],
    ['JSON', JSON.stringify(fault)],
    ['an Error with JSON', new Error(JSON.stringify(fault))],
  ])('is a fault when it is %s', (_, reason) => expect(toFault(reason)).toEqual(fault));

  it.each([['plain words'], [new Error('plain words')]])('keeps plain words: %s', (reason) =>
    expect(toFault(reason)).toEqual({ code: 'internal', message: 'plain words', hint: '' }),
  );

  it.each([[undefined], [null], [42], ['{"broken'], [{}]])('never throws: %s', (reason) =>
    expect(toFault(reason).code).toBe('internal'),
  );
});

describe('what the bridge sends', () => {
  it('reads null where Go had an empty slice', () => {
    expect(toConversations(null)).toEqual([]);
    expect(toStatus({ offline: { rows: null }, redaction: { rules: null } })).toMatchObject({
      offline: { ok: false, rows: [] },
      redaction: { rules: [] },
    });
  });

  it('takes an unknown phase or status for a failure, never for a success', () => {
    expect(toState({ phase: 'unheard-of' }).phase).toBe('failed');
    expect(toState({ phase: 'locked', passphrase: 'unheard-of' }).passphrase).toBe('required');
    expect(toMessage({ status: 'unheard-of' }).status).toBe('failed');
    expect(toStatus({}).offline.ok).toBe(false);
    expect(toStatus({}).record.healthy).toBe(false);
  });

  it('drops a turn event of an unknown kind', () => {
    expect(toTurnEvent({ kind: 'unheard-of', turn: 't' })).toBeNull();
    expect(toTurnEvent({ kind: 'delta', turn: 't', conversation: 'c', text: 'x' })).toEqual({
      ...{ kind: 'delta', turn: 't', conversation: 'c', reasoning: '', text: 'x' },
    });
  });
});
