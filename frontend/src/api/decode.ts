// What crosses the bridge is read field by field: a nil slice arrives as null, a time may arrive as a Date, and a
// field that is missing must not become "undefined" on the screen.
import type {
  AppState,
  Conversation,
  ConversationDetail,
  Fault,
  Message,
  ModelStatus,
  Preferences,
  PageProbe,
  Probe,
  Sent,
  StandIn,
  Status,
  Strength,
  Summary,
  TurnEvent,
} from './types';
import { textSizes } from './types';
import { toNotice, toSources } from './decode-documents';
import { t } from '../strings';

type Fields = Record<string, unknown>;

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export const str = (value: unknown): string =>
  typeof value === 'string' ? value : value instanceof Date ? value.toISOString() : '';
export const num = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : 0;
export const bool = (value: unknown): boolean => value === true;
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export function oneOf<T extends string>(value: unknown, known: readonly T[], otherwise: T): T {
  return known.find((k) => k === value) ?? otherwise;
}

export function toFaultFields(value: unknown): Fault | null {
  const f = fields(value);
  if (!str(f.message)) return null;
  const code = str(f.code) || 'internal';
  const [message, hint] = t.faults[code] ?? [str(f.message), str(f.hint)];
  return { code, message, hint };
}

export const toFaults = (value: unknown): Fault[] =>
  list(value)
    .map(toFaultFields)
    .filter((f) => f !== null);

/** A fault in one line, '' for none. */
export function sentences(value: unknown): string {
  const f = toFaultFields(value);
  return f ? `${f.message} ${f.hint}` : '';
}

export function toState(value: unknown): AppState {
  const f = fields(value);
  return {
    phase: oneOf(f.phase, ['setup', 'locked', 'ready', 'failed'], 'failed'),
    fault: toFaultFields(f.fault),
    passphrase: oneOf(f.passphrase, ['required', 'optional', 'none'], 'required'),
  };
}

export function toStrength(value: unknown): Strength {
  const f = fields(value);
  return { score: num(f.score), acceptable: bool(f.acceptable), advice: toFaultFields(f.advice)?.hint ?? '' };
}

export function toConversation(value: unknown): Conversation {
  const f = fields(value);
  return {
    id: str(f.id),
    title: str(f.title),
    createdAt: str(f.createdAt),
    updatedAt: str(f.updatedAt),
    messages: num(f.messages),
    matter: str(f.matter),
    pinned: bool(f.pinned),
    held: bool(f.held),
    draft: bool(f.draft),
    thinking: bool(f.thinking),
  };
}

export const toConversations = (value: unknown): Conversation[] => list(value).map(toConversation);

export function toMessage(value: unknown): Message {
  const f = fields(value);
  return {
    id: str(f.id),
    parent: str(f.parent),
    turn: str(f.turn),
    role: oneOf(f.role, ['user', 'assistant'], 'assistant'),
    status: oneOf(f.status, ['pending', 'complete', 'stopped', 'failed', 'erased'], 'failed'),
    text: str(f.text),
    reasoning: str(f.reasoning),
    model: str(f.model),
    promptTokens: num(f.promptTokens),
    outputTokens: num(f.outputTokens),
    createdAt: str(f.createdAt),
  };
}

function toStandIn(value: unknown): StandIn {
  const f = fields(value);
  return { token: str(f.token), type: str(f.type), value: str(f.value) };
}

export function toDetail(value: unknown): ConversationDetail {
  const f = fields(value);
  return {
    conversation: toConversation(f.conversation),
    messages: list(f.messages).map(toMessage),
    earlier: bool(f.earlier),
    versions: Object.fromEntries(
      Object.entries(fields(f.versions)).map(([id, all]) => [id, list(all).map(str)]),
    ),
    standIns: list(f.standIns).map(toStandIn),
    sources: Object.fromEntries(Object.entries(fields(f.sources)).map(([id, all]) => [id, toSources(all)])),
    summaries: list(f.summaries).map(toSummary),
  };
}

function toSummary(value: unknown): Summary {
  const f = fields(value);
  return { after: str(f.after), text: str(f.text), messages: num(f.messages) };
}

export function toSent(value: unknown): Sent {
  const f = fields(value);
  return {
    conversation: toConversation(f.conversation),
    user: toMessage(f.user),
    assistant: toMessage(f.assistant),
    standIns: list(f.standIns).map(toStandIn),
    sources: toSources(f.sources),
  };
}

function toProbe(value: unknown): Probe {
  const f = fields(value);
  return {
    name: str(f.name),
    detail: str(f.detail),
    blocked: bool(f.blocked),
    control: bool(f.control),
    local: bool(f.local),
  };
}

function toModel(value: unknown): ModelStatus {
  const f = fields(value);
  return {
    id: str(f.id),
    name: str(f.name),
    builtin: bool(f.builtin),
    state: oneOf(f.state, ['unloaded', 'loading', 'ready', 'failed'], 'unloaded'),
    progress: num(f.progress),
    context: num(f.context),
    thinks: bool(f.thinks),
    detail: sentences(f.fault),
  };
}

function toPageProbe(value: unknown): PageProbe {
  const { name, verdict, by } = fields(value);
  const known = verdict === 'blocked' || verdict === 'no control' ? verdict : 'not blocked';
  return { name: str(name), verdict: known, by: str(by) };
}

export function toStatus(value: unknown): Status {
  const f = fields(value);
  const offline = fields(f.offline);
  const record = fields(f.record);
  const redaction = fields(f.redaction);
  return {
    offline: {
      ok: bool(offline.ok),
      tried: num(offline.tried),
      blocked: num(offline.blocked),
      absent: num(offline.absent),
      rows: list(offline.rows).map(toProbe),
      page: list(offline.page).map(toPageProbe),
      under: list(offline.under).map(str),
    },
    record: { size: num(record.size), healthy: bool(record.healthy), detail: sentences(record.fault) },
    model: toModel(f.model),
    redaction: { rules: list(redaction.rules).map(str), ruleset: str(redaction.ruleset) },
    temporary: bool(f.temporary),
    documents: bool(f.documents),
    home: str(f.home),
    version: str(f.version),
    copy: bool(f.copy),
  };
}

export function toPreferences(value: unknown): Preferences {
  const f = fields(value);
  return {
    theme: oneOf(f.theme, ['system', 'light', 'dark'], 'system'),
    language: oneOf(f.language, ['system', 'en', 'de'], 'system'),
    text: oneOf(f.text, textSizes, '100'),
  };
}

/** Reads a turn event; null for a kind that this window does not know. */
export function toTurnEvent(value: unknown): TurnEvent | null {
  const f = fields(value);
  const of = { turn: str(f.turn), conversation: str(f.conversation) };
  switch (f.kind) {
    case 'loading':
    case 'summarising':
      return { kind: f.kind, ...of, progress: num(f.progress) };
    case 'delta':
      return { kind: 'delta', ...of, reasoning: str(f.reasoning), text: str(f.text) };
    case 'done':
      return {
        kind: 'done',
        ...of,
        message: toMessage(f.message),
        tokensPerSecond: num(f.tokensPerSecond),
        firstTokenMs: num(f.firstTokenMs),
        reason: oneOf(f.reason, ['eos', 'length', 'stopped'], 'eos'),
        redactions: Object.fromEntries(Object.entries(fields(f.redactions)).map(([k, n]) => [k, num(n)])),
        leftOut: num(f.leftOut),
        standIns: list(f.standIns).map(toStandIn),
        notices: list(f.notices).map(toNotice),
        summary: f.summary ? toSummary(f.summary) : null,
      };
    case 'failed':
      return {
        kind: 'failed',
        ...of,
        message: toMessage(f.message),
        fault: toFaultFields(f.fault) ?? { code: 'internal', message: '', hint: '' },
        standIns: list(f.standIns).map(toStandIn),
        notices: list(f.notices).map(toNotice),
        summary: f.summary ? toSummary(f.summary) : null,
      };
    default:
      return null;
  }
}
