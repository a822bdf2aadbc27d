// What the rest of the window knows of the program behind it. Times are RFC 3339 strings.

export interface Fault {
  code: string;
  message: string;
  hint: string;
}

export type Phase = 'setup' | 'locked' | 'ready' | 'failed';

export interface AppState {
  phase: Phase;
  fault: Fault | null;
}

export interface Strength {
  score: number; // 0..4
  acceptable: boolean;
  advice: string;
}

export interface Conversation {
  id: string;
  title: string;
  createdAt: string;
  updatedAt: string;
  messages: number;
}

export type Role = 'user' | 'assistant';
export type MessageStatus = 'pending' | 'complete' | 'stopped' | 'failed';

export interface Message {
  id: string;
  parent: string;
  turn: string;
  role: Role;
  status: MessageStatus;
  text: string;
  model: string;
  promptTokens: number;
  outputTokens: number;
  createdAt: string;
}

export interface ConversationDetail {
  conversation: Conversation;
  messages: Message[];
}

export interface Sent {
  conversation: Conversation;
  user: Message;
  assistant: Message;
}

export interface Probe {
  name: string;
  detail: string;
  blocked: boolean; // the attempt failed in this program
  control: boolean; // the same attempt succeeded without the block, so the check can fail
}

export type ModelState = 'unloaded' | 'loading' | 'ready' | 'failed';

export interface ModelStatus {
  id: string;
  name: string;
  builtin: boolean;
  state: ModelState;
  progress: number; // 0..1
  detail: string;
}

export interface Status {
  offline: { ok: boolean; summary: string; rows: Probe[] };
  record: { size: number; healthy: boolean; detail: string };
  model: ModelStatus;
  redaction: { rules: string[]; ruleset: string };
  home: string;
  version: string;
}

export type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  theme: Theme;
}

export type StopReason = 'eos' | 'length' | 'stopped';

interface OfTurn {
  turn: string;
  conversation: string;
}

export type TurnEvent =
  | ({ kind: 'loading'; progress: number } & OfTurn)
  | ({ kind: 'delta'; text: string } & OfTurn)
  | ({
      kind: 'done';
      message: Message;
      tokensPerSecond: number;
      firstTokenMs: number;
      reason: StopReason;
      redactions: Record<string, number>;
    } & OfTurn)
  | ({ kind: 'failed'; message: Message; fault: Fault } & OfTurn);
