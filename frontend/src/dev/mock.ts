// A stand-in for the program behind the window, for development and for tests: it keeps the real order of
// events and nothing else. `vite build` leaves it out; `vite --mode mock` puts it in. ?phase=locked picks the start.
import type {
  AppState,
  Conversation,
  Doc,
  Finding,
  Message,
  Preferences,
  Source,
  StandIn,
  Status,
  Summary,
  TakeAlong,
  TurnEvent,
  Wish,
} from '../api/types';
import { adminMock } from './mock-admin';
import { documentsMock, noticesOf, sourcesOf } from './mock-documents';
import { historyMock, standInsOf, type Sending } from './mock-history';
import { answerTo, conversations, history, readyStatus } from './mock-data';

type Drop = (x: number, y: number, paths: string[]) => void;
type Listener = (payload: unknown) => void;
const fault = (code: string, message: string, hint: string) => ({ code, message, hint });
const weak = fault(
  'passphrase_weak',
  'That passphrase is too easy to guess.',
  'Use four or more unrelated words, or at least 12 mixed characters.',
);
const faults = [
  weak,
  fault(
    'disk_full',
    'The disk is full, so nothing was sent to the model.',
    'Free some space and send again.',
  ),
  fault('locked', 'Subrosa is locked.', 'Enter the passphrase to go on.'),
];

export class MockApp {
  state: AppState;
  list: Conversation[] = conversations();
  messages: Record<string, Message[]> = history();
  pageMessages = 50; // that the page gets at once
  status: Status = readyStatus();
  preferences: Preferences = { theme: 'system', language: 'system', text: '100' };
  passphrase = 'correct';
  copied: string[] = [];
  taken: TakeAlong[] = [];
  finding: Finding = { used: true, state: 'ready', pages: 212, of: 480, paused: false, fault: null };
  writing: Promise<void> = Promise.resolve(); // several, for so long
  cancelled: string[] = []; // jobs
  used: { id: string; wish: Wish } | null = null;
  forgotten = 0;
  readAhead: string[] = [];
  draftsKept = 0;
  versions: Record<string, string[]> = {};
  standIns: Record<string, StandIn[]> = {};
  documents: Doc[] = [];
  drawn: { page: number; width: number }[] = [];
  answer = ''; // to whatever is asked; '' is as mock-data.ts says
  sent: Sending | null = null; // the last
  picked: string[] = []; // what the file dialog answers
  sources: Record<string, Source[]> = {}; // by answer
  summaries: Record<string, Summary[]> = {}; // by conversation
  pause = 12; // ms between deltas
  #listeners = new Map<string, Set<Listener>>();
  #stopping = false;
  #turns = 0;

  constructor(phase: AppState['phase'] = 'ready') {
    const lost = fault(
      'audit_broken',
      'The audit record does not verify, so chat is stopped.',
      'Tell compliance, and run subrosactl audit verify for the first bad entry.',
    );
    this.state = { phase, fault: phase === 'failed' ? lost : null, passphrase: 'required' };
  }

  emit = (name: string, payload?: unknown): void =>
    this.#listeners.get(name)?.forEach((listener) => listener(payload));

  drop = (paths: string[]): void =>
    this.#listeners.get('wails:file-drop')?.forEach((listener) => (listener as Drop)(0, 0, paths));

  turn = (event: TurnEvent): void => this.emit('turn', event);

  on(name: string, listener: Listener): () => void {
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }

  enter(phase: AppState['phase'], passphrase = this.state.passphrase): void {
    this.state = { phase, fault: null, passphrase };
    this.emit('state', this.state);
  }

  app = {
    State: async () => this.state,
    Strength: async (p: string) => {
      const score = Math.min(4, Math.floor(p.length / 5));
      return { score, acceptable: score >= 3, advice: score < 3 ? weak : undefined };
    },
    Setup: async () => this.enter('ready'),
    SetupKeyringOnly: async () => this.enter('ready', 'none'),
    Unlock: async (p: string) => {
      if (p !== this.passphrase && this.state.passphrase !== 'none') {
        throw JSON.stringify(
          fault(
            'passphrase_wrong',
            "That passphrase does not open this workstation's keys.",
            'Check Caps Lock and the keyboard layout, and type it again.',
          ),
        );
      }
      this.enter('ready');
    },
    Lock: async () => this.enter('locked'),
    Activity: async () => undefined,
    DraftsKept: async () => void (this.draftsKept += 1),
    Conversations: async () => this.list,
    Conversation: async (id: string, before: string) => {
      const all = this.messages[id] ?? [];
      const to = before ? all.findIndex((m) => m.id === before) : all.length;
      return {
        conversation: this.list.find((c) => c.id === id),
        messages: all.slice(Math.max(0, to - this.pageMessages), to),
        standIns: this.standIns[id] ?? [],
        ...{ earlier: to > this.pageMessages, versions: this.versions, sources: this.sources },
        summaries: this.summaries[id] ?? [],
      };
    },
    Send: async (p: Sending) => this.#send((this.sent = p)),
    Forget: async () => void (this.forgotten += 1),
    ReadAhead: async (id: string) => void this.readAhead.push(id),
    Stop: async () => void (this.#stopping = true),
    Rename: async (id: string, title: string) => {
      this.list = this.list.map((c) => (c.id === id ? { ...c, title } : c));
      this.emit('conversations');
    },
    ...historyMock(this),
    ...adminMock(this),
    ...documentsMock(this),
    Faults: async () => faults,
    Status: async () => this.status,
    Copy: async (text: string) => {
      if (!this.status.copy)
        throw JSON.stringify(
          fault(
            'policy_denied',
            'The policy on this workstation does not allow that.',
            'Ask IT or compliance which rule applies.',
          ),
        );
      this.copied.push(text);
    },
    Preferences: async () => this.preferences,
    SetPreferences: async (p: Preferences) => void (this.preferences = p),
  };

  runtime = {
    EventsOnMultiple: (name: string, listener: Listener) => this.on(name, listener),
  };

  #send({
    conversation: id,
    matter,
    text: typed,
    edit,
    again,
    continue: goOn,
    instead,
    leaveOut,
    summarise,
    temporary,
    documents,
  }: Sending) {
    const now = new Date().toISOString();
    const turn = `turn-${++this.#turns}`;
    const all = this.messages[id] ?? [];
    const at = all.findIndex((m) => m.id === (edit || again || goOn));
    const old = all[at];
    const prompt = again || goOn ? all[at - 1] : undefined;
    const text = prompt?.text ?? typed;
    const found = this.list.find((c) => c.id === id);
    const conversation = found ?? {
      ...{ id: `c-${turn}`, title: text.slice(0, 40), createdAt: now, updatedAt: now, messages: 0 },
      ...{ matter: matter || 'general', pinned: false, held: false, draft: false, thinking: false },
    };
    if (!found && !temporary) this.list = [conversation, ...this.list];
    const base = {
      turn,
      parent: '',
      reasoning: '',
      model: 'subrosa-demo',
      promptTokens: 0,
      outputTokens: 0,
      createdAt: now,
    };
    const user: Message = { ...base, id: `${turn}-u`, role: 'user', status: 'complete', text };
    const assistant: Message = { ...base, id: `${turn}-a`, role: 'assistant', status: 'pending', text: '' };
    const before = at === -1 ? all : all.slice(0, at);
    this.messages[conversation.id] = [...before, ...(prompt ? [] : [user]), assistant];
    if (old) {
      const fresh = prompt ? assistant.id : user.id;
      const family = [...(this.versions[old.id] ?? [old.id]), fresh];
      for (const m of family) this.versions[m] = family;
    }
    const summary = summarise
      ? { after: before[1]?.id ?? '', text: 'They spoke of **leases**.', messages: 2 }
      : null;
    if (summary) this.summaries[conversation.id] = [summary];
    setTimeout(() => void this.#generate(conversation.id, assistant, text, leaveOut, summary), 0);
    if (instead === 'pseudonymise') this.standIns[conversation.id] = standInsOf(text);
    this.emit('conversations');
    const sources = sourcesOf(this, conversation.id, documents);
    this.sources[assistant.id] = sources;
    return { conversation, user, assistant, sources, standIns: this.standIns[conversation.id] ?? [] };
  }

  async #generate(
    conversation: string,
    message: Message,
    asked: string,
    leaveOut: boolean,
    summary: Summary | null,
  ): Promise<void> {
    const of = { turn: message.turn, conversation };
    const answer = this.answer || answerTo(asked);
    this.#stopping = false;
    if (summary) {
      this.turn({ kind: 'summarising', ...of, progress: 0 });
      if (this.pause) await new Promise((done) => setTimeout(done, 5 * this.pause));
      this.turn({ kind: 'summarising', ...of, progress: 1 });
    }
    const reasoning = asked.includes('think') ? 'They want **one** word, or do they?' : '';
    if (reasoning) this.turn({ kind: 'delta', ...of, reasoning, text: '' });
    if (reasoning && this.pause) await new Promise((done) => setTimeout(done, 5 * this.pause));
    let text = '';
    for (const piece of answer.match(/[\s\S]{1,5}/g) ?? []) {
      if (this.#stopping || this.state.phase !== 'ready') break;
      text += piece;
      this.turn({ kind: 'delta', ...of, reasoning: '', text: piece });
      if (this.pause) await new Promise((done) => setTimeout(done, this.pause));
    }
    const full = asked.includes('overflow') && !leaveOut && !summary;
    const broke = answer.endsWith('!crash') || full;
    const status = broke ? 'failed' : this.#stopping ? 'stopped' : 'complete';
    const final: Message = { ...message, reasoning, text, status, outputTokens: Math.ceil(text.length / 4) };
    const all = this.messages[conversation] ?? [];
    this.messages[conversation] = all.map((m) => (m.id === final.id ? final : m));
    this.status = { ...this.status, record: { ...this.status.record, size: this.status.record.size + 2 } };
    if (broke) {
      this.turn({
        ...{ kind: 'failed', ...of, message: final, standIns: [], notices: [], summary: null },
        fault: full
          ? fault(
              'context_full',
              'This conversation no longer fits into the model’s context.',
              'Start a new one.',
            )
          : fault(
              'engine_crashed',
              'The engine stopped in the middle of the answer; what it had written is kept.',
              'Send again: the engine restarts by itself.',
            ),
      });
    } else {
      const reason = this.#stopping ? 'stopped' : 'eos';
      const figures = {
        tokensPerSecond: 212.4,
        firstTokenMs: 84,
        redactions: { EMAIL_ADDRESS: 1, US_SSN: 1 },
        leftOut: leaveOut ? 4 : 0,
        notices: noticesOf(this, message.id),
      };
      const standIns = this.standIns[conversation] ?? [];
      this.turn({ kind: 'done', ...of, message: final, reason, standIns, summary, ...figures });
    }
    this.emit('status', this.status);
  }
}

export function install(phase?: AppState['phase']): MockApp {
  const of = new URLSearchParams(location.search);
  const asked = of.get('phase') as AppState['phase'] | null;
  const mock = new MockApp(phase ?? asked ?? 'ready');
  mock.preferences.text = (of.get('text') as Preferences['text'] | null) ?? '100';
  Object.assign(window, { go: { app: { App: mock.app } }, runtime: mock.runtime, mock });
  return mock;
}
