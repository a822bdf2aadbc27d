// The conversation in view and the answer being written.
import * as api from '../api/bridge';
import { toFault } from '../api/fault';
import type { Fault, TurnEvent } from '../api/types';
import { t } from '../strings';
import { emptyThread, opened, reduceTurn, sendFailed, sending, sent } from './turn';

class Chat {
  thread = $state.raw(emptyThread());
  draft = $state('');
  fault = $state.raw<Fault | null>(null);
  opening = $state(false);
  spoken = $state(''); // for the live region

  conversation = $derived(this.thread.conversation);
  messages = $derived(this.thread.messages);
  live = $derived(this.thread.live);
  busy = $derived(this.thread.live !== null || this.thread.sending);
  /** Whether the answer being written belongs to the conversation in view. */
  liveHere = $derived(
    this.thread.live !== null && this.thread.live.conversation === this.thread.conversation?.id,
  );

  #delta: (TurnEvent & { kind: 'delta' }) | null = null;
  #frame = 0;
  #visit = 0; // counts what comes into view, so that an answer that arrives late is not shown in the wrong place

  /** Deltas wait for the next frame and go in as one; every other event first lets them in, so order holds. */
  take = (event: TurnEvent): void => {
    if (event.kind === 'delta') {
      if (this.#delta && this.#delta.turn !== event.turn) this.#flush();
      this.#delta = this.#delta ? { ...this.#delta, text: this.#delta.text + event.text } : event;
      if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#flush());
      return;
    }
    this.#flush();
    this.#apply(event);
  };

  #flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const delta = this.#delta;
    this.#delta = null;
    if (delta) this.#apply(delta);
  }

  #apply(event: TurnEvent): void {
    const before = this.thread.live;
    this.thread = reduceTurn(this.thread, event);
    if (!before || before.turn !== event.turn) return;
    if (event.kind === 'delta' && before.text === '') this.spoken = t.chat.started;
    if (event.kind === 'failed') this.spoken = t.chat.failedSpoken;
    if (event.kind === 'done')
      this.spoken = event.reason === 'stopped' ? t.chat.stoppedSpoken : t.chat.finished;
  }

  async open(id: string): Promise<void> {
    if (id === this.conversation?.id) return;
    const visit = ++this.#visit;
    this.opening = true;
    try {
      const detail = await api.conversation(id);
      if (visit === this.#visit) this.thread = opened(this.thread, detail.conversation, detail.messages);
    } catch (reason) {
      this.fault = toFault(reason);
    } finally {
      if (visit === this.#visit) this.opening = false;
    }
  }

  begin(): void {
    this.#visit++;
    this.opening = false;
    this.fault = null;
    this.thread = opened(this.thread, null, []);
  }

  /** Sends the draft, or text; the draft stays until the program has taken it. */
  async send(text = this.draft): Promise<void> {
    if (this.busy || text.trim() === '') return;
    const visit = this.#visit;
    const fromDraft = text === this.draft;
    this.fault = null;
    this.thread = sending(this.thread);
    if (fromDraft) this.draft = '';
    try {
      const answer = await api.send(this.conversation?.id ?? '', text);
      if (!this.thread.sending) return; // locked meanwhile
      this.#flush();
      this.thread = sent(this.thread, answer, visit === this.#visit);
    } catch (reason) {
      if (!this.thread.sending) return;
      this.fault = toFault(reason);
      this.thread = sendFailed(this.thread);
      if (fromDraft && this.draft === '') this.draft = text;
    }
  }

  async stop(): Promise<void> {
    try {
      await api.stop();
    } catch (reason) {
      this.fault = toFault(reason);
    }
  }

  /** Text of the last answer in view, "" if there is none. */
  lastAnswer(): string {
    if (this.liveHere && this.live?.text) return this.live.text;
    return this.messages.findLast((m) => m.role === 'assistant' && m.text !== '')?.text ?? '';
  }

  lastOwn(): string {
    return this.messages.findLast((m) => m.role === 'user')?.text ?? '';
  }

  async copyLast(): Promise<void> {
    const text = this.lastAnswer();
    this.spoken = text && (await api.copy(text)) ? t.chat.copied : t.chat.noAnswer;
  }

  renamed(id: string, title: string): void {
    const { conversation } = this.thread;
    if (conversation?.id === id) this.thread = { ...this.thread, conversation: { ...conversation, title } };
  }

  /** Forgets everything: nothing said stays in the page after a lock. */
  wipe(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#delta = null;
    this.#visit++;
    this.thread = emptyThread();
    this.draft = '';
    this.fault = null;
    this.opening = false;
    this.spoken = '';
  }
}

export const chat = new Chat();
