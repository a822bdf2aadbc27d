import { describe, expect, it } from 'vitest';
import type { Message, Sent, TurnEvent } from '../api/types';
import { emptyThread, opened, reduceTurn, sendFailed, sending, sent } from './turn';

const message = (role: Message['role'], rest: Partial<Message> = {}): Message => ({
  ...{ id: `m-${role}`, parent: '', turn: 't', role, status: 'complete', text: 'q', model: '' },
  ...{ reasoning: '', promptTokens: 0, outputTokens: 0, createdAt: '' },
  ...rest,
});
const plain = { matter: 'general', pinned: false, held: false, draft: false, thinking: false };
const conversation = { id: 'c', title: 'T', createdAt: '', updatedAt: '', messages: 0, ...plain };
const detail = (id: string, messages: Message[]) => ({
  ...{
    conversation: { ...conversation, id },
    messages,
    earlier: false,
    versions: {},
    standIns: [],
    sources: {},
    summaries: [],
  },
});
const taken: Sent = {
  conversation,
  user: message('user'),
  assistant: message('assistant', { status: 'pending', text: '' }),
  standIns: [],
  sources: [],
};
const of = { turn: 't', conversation: 'c' };
const delta = (text: string, turn = 't'): TurnEvent => ({ kind: 'delta', ...of, turn, reasoning: '', text });
const done = (text: string, status: Message['status'] = 'complete'): TurnEvent => ({
  ...{
    kind: 'done',
    ...of,
    message: message('assistant', { text, status }),
    redactions: { US_SSN: 1 },
    leftOut: 0,
  },
  ...{ tokensPerSecond: 50, firstTokenMs: 100, reason: status === 'stopped' ? 'stopped' : 'eos' },
  standIns: [],
  notices: [],
  summary: null,
});
const started = () => sent(sending(emptyThread()), taken, true);

describe('a turn', () => {
  it('grows by its deltas in order and ends with the message the program kept', () => {
    let thread = started();
    expect(thread.messages.map((m) => m.role)).toEqual(['user', 'assistant']);
    for (const e of [delta('Hel'), delta('lo')]) thread = reduceTurn(thread, e);
    expect(thread.live?.text).toBe('Hello');
    thread = reduceTurn(thread, done('Hello.'));
    expect(thread.live).toBeNull();
    expect(thread.messages.at(-1)).toMatchObject({ text: 'Hello.', status: 'complete' });
    expect(thread.endings.t).toMatchObject({ tokensPerSecond: 50, reason: 'eos', redactions: { US_SSN: 1 } });
  });

  it('keeps what the model thinks apart from what it answers', () => {
    const thought: TurnEvent = { kind: 'delta', ...of, reasoning: 'Hm. ', text: '' };
    const thread = [thought, thought, delta('Yes')].reduce(reduceTurn, started());
    expect(thread.live).toMatchObject({ reasoning: 'Hm. Hm. ', text: 'Yes' });
  });

  it('shows how far the model has loaded, until text comes', () => {
    let thread = reduceTurn(started(), { kind: 'loading', ...of, progress: 0.4 });
    expect(thread.live?.progress).toBe(0.4);
    thread = reduceTurn(thread, delta('x'));
    expect(thread.live).toMatchObject({ progress: null, text: 'x' });
  });

  it('says that the model summarises, until it has', () => {
    const summarising = (progress: number): TurnEvent => ({ kind: 'summarising', ...of, progress });
    let thread = reduceTurn(started(), { kind: 'loading', ...of, progress: 1 });
    thread = [summarising(0), summarising(0.5)].reduce(reduceTurn, thread);
    expect(thread.live).toMatchObject({ progress: null, summarising: true });
    expect(reduceTurn(thread, summarising(1)).live?.summarising).toBe(false);
    expect(reduceTurn(thread, delta('x')).live?.summarising).toBe(false);
  });

  it('keeps events that come before the send has returned, in their order', () => {
    let thread = sending(emptyThread());
    for (const e of [delta('a', 'other'), delta('b'), delta('c'), done('bc')]) thread = reduceTurn(thread, e);
    expect(thread.messages).toEqual([]);
    thread = sent(thread, taken, true);
    expect(thread.messages.at(-1)?.text).toBe('bc');
    expect(thread.live).toBeNull();
  });

  it('that is stopped keeps its partial text', () => {
    const thread = reduceTurn(reduceTurn(started(), delta('par')), done('par', 'stopped'));
    expect(thread.messages.at(-1)).toMatchObject({ text: 'par', status: 'stopped' });
  });

  it('that fails keeps its partial text and says why', () => {
    const fault = { code: 'engine_crashed', message: 'm', hint: 'h' };
    const event: TurnEvent = {
      ...{
        kind: 'failed',
        ...of,
        fault,
        standIns: [],
        summary: null,
        notices: [],
        message: message('assistant', { text: 'par', status: 'failed' }),
      },
    };
    const thread = reduceTurn(reduceTurn(started(), delta('par')), event);
    expect(thread.messages.at(-1)).toMatchObject({ text: 'par', status: 'failed' });
    expect(thread.endings.t?.fault).toEqual(fault);
  });

  it('that ended, or was never ours, changes nothing', () => {
    const ended = reduceTurn(started(), done('x'));
    expect(reduceTurn(ended, delta('late'))).toBe(ended);
    expect(reduceTurn(ended, done('late'))).toBe(ended);
    const other = started();
    expect(reduceTurn(other, delta('x', 'other'))).toBe(other);
  });

  it('leaves nothing behind after a lock', () => {
    const wiped = emptyThread();
    for (const e of [delta('secret'), done('secret')]) expect(reduceTurn(wiped, e)).toBe(wiped);
  });

  it('goes on in the background while another conversation is in view', () => {
    let thread = opened(started(), detail('d', [message('user', { id: 'x', turn: 'u' })]));
    thread = reduceTurn(thread, delta('a'));
    expect(thread.live?.text).toBe('a');
    thread = reduceTurn(thread, done('a'));
    expect(thread.messages).toHaveLength(1);
    expect(thread.live).toBeNull();
  });

  it('whose send was refused leaves the conversation as it was', () => {
    const before = opened(emptyThread(), detail('c', [message('user')]));
    expect(sendFailed(sending(before))).toEqual(before);
  });

  it('taken while the reader went elsewhere does not appear there', () => {
    const elsewhere = opened(sending(emptyThread()), detail('d', []));
    const thread = sent(elsewhere, taken, false);
    expect(thread.messages).toEqual([]);
    expect(thread.conversation?.id).toBe('d');
    expect(thread.live?.turn).toBe('t');
  });

  it('that is written beside another takes what followed out of view', () => {
    const all = [
      message('user', { id: 'u' }),
      message('assistant', { id: 'a', turn: 'x' }),
      message('user', { id: 'v' }),
    ];
    const before = sending(opened(emptyThread(), detail('c', all)));
    const ids = (kind: 'edit' | 'again', m: string) =>
      sent(before, taken, true, { kind, message: m }).messages.map((x) => x.id);
    expect(ids('edit', 'u')).toEqual([taken.user.id, taken.assistant.id]);
    expect(ids('again', 'a')).toEqual(['u', taken.assistant.id]);
  });
});
