// What the rest of the window knows of the program behind it. Times are RFC 3339 strings.

export interface Fault {
  code: string;
  message: string;
  hint: string;
}

export type Phase = 'setup' | 'locked' | 'ready' | 'failed';

/** What the next step does with a passphrase: setup may do without it, or the keys have none. */
export type PassphraseUse = 'required' | 'optional' | 'none';

export interface AppState {
  phase: Phase;
  fault: Fault | null;
  passphrase: PassphraseUse;
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
  messages: number; // in all branches
  matter: string;
  pinned: boolean;
  held: boolean; // a legal hold is on it or on its matter
  draft: boolean;
  thinking: boolean; // the model is to think before it answers
}

export type Role = 'user' | 'assistant';
export type MessageStatus = 'pending' | 'complete' | 'stopped' | 'failed' | 'erased';

export interface Message {
  id: string;
  parent: string;
  turn: string;
  role: Role;
  status: MessageStatus;
  text: string;
  reasoning: string; // what the model said to itself before it answered
  model: string;
  promptTokens: number;
  outputTokens: number;
  createdAt: string;
}

export interface ConversationDetail {
  conversation: Conversation;
  messages: Message[];
  earlier: boolean; // there are messages before these
  versions: Versions;
  standIns: StandIn[];
  sources: Sources;
  summaries: Summary[];
}

/** What the model is told in place of a message and those before it. */
export interface Summary {
  after: string; // the message
  text: string;
  messages: number; // that it stands for
}

/** What was given of documents, by answer. */
export type Sources = Readonly<Record<string, readonly Source[]>>;

export interface Source {
  document: string;
  name: string; // empty: it was deleted since
  whole: boolean;
  pages: number; // that had been read by then
  of: number; // 0: not known by then
  passages: Passage[];
}

/** A place on a page of a document; start and end are the program's to understand. */
export interface PageSpot {
  page: number;
  start: number;
  end: number;
}

/** A passage that the answer cites by its number. */
export interface Passage extends PageSpot {
  number: number;
}

export interface Doc {
  id: string;
  conversation: string; // or
  matter: string; // one of the two
  name: string;
  kind: string;
  size: number; // bytes
  reading: 'reading' | 'read' | 'cancelled' | 'failed';
  pages: number; // that were read
  of: number; // 0: not known yet
  fault: Fault | null;
}

/** Where documents are; where neither is named, in a new conversation of the matter newIn. */
export interface DocPlace {
  conversation: string;
  matter: string;
  newIn: string;
}

/** A page's text, cut around a passage. */
export interface DocPage {
  document: Doc;
  number: number;
  before: string;
  passage: string;
  after: string;
}

/** A passage in which words that were searched for stand. */
export interface PassageHit extends PageSpot {
  document: string;
  name: string;
  snippet: Hit['snippet'];
}

/** A page as it looks. Boxes, in parts of its width and height, are where the passage stands. */
export interface PagePicture {
  png: string; // Base64
  width: number; // pixels
  height: number;
  boxes: { left: number; top: number; right: number; bottom: number }[];
}

/** What a guardrail said about a turn that went on. */
export interface Notice {
  name: string;
  reason: string;
  answer: boolean; // about the answer, else about the prompt
  document: string; // or about this document
  page: number;
}

/** By message: it and those that stand beside it, in the order in which they were written. */
export type Versions = Readonly<Record<string, readonly string[]>>;

/** Where a turn goes: beside an own message, beside an answer, or on from one. */
export type Place = { kind: 'edit' | 'again' | 'continue'; message: string };

export type Action = 'allow' | 'warn' | 'pseudonymise' | 'mask' | 'block';

/** A find in the text that is being written. The offsets count as strings here do. */
export interface Find {
  start: number;
  end: number;
  type: string;
  label: string;
  reason: string;
  action: Action;
}

export interface Checked {
  finds: Find[];
  masked: string; // what the model would see
  mayMask: boolean; // what gets a stand-in may be masked instead
  mayPseudonymise: boolean; // or the other way round
}

/** How values of one message are hidden in place of the policy's way; '' is that. */
export type Instead = '' | 'mask' | 'pseudonymise';

/** A value that the reader sees, and the token that the model sees in its place. */
export interface StandIn {
  token: string;
  type: string;
  value: string;
}

export interface Kind {
  type: string;
  label: string;
  description: string;
}

export interface Template {
  name: string;
  text: string;
  own: boolean;
}

export interface Matter {
  id: string;
  name: string; // empty for the built-in one
  retentionDays: number;
  conversations: number;
  held: boolean;
}

export interface Erasure {
  messages?: string[];
  documents?: string[];
  conversations?: string[];
  matters?: string[];
}

export interface Hit {
  conversation: string;
  title: string;
  message: string;
  role: string;
  at: string;
  snippet: { text: string; match: boolean }[];
}

export interface Found {
  hits: Hit[];
  more: boolean;
  complete: boolean;
}

/** What goes to the program with a message. */
export interface Sending {
  conversation: string; // '' for a new one
  matter: string; // of a new one
  text: string;
  place: Place | null; // where it stands if not at the end
  instead: Instead;
  leaveOut: boolean; // the oldest messages, where not all fit
  summarise: boolean; // or have the model summarise them
  temporary: boolean; // kept nowhere but on record
  think: boolean; // before it answers
  documents: string[]; // of the matter, beside the conversation's own
}

export interface Sent {
  conversation: Conversation;
  user: Message;
  assistant: Message;
  standIns: StandIn[];
  sources: Source[];
}

export interface Probe {
  name: string;
  detail: string;
  blocked: boolean; // the attempt failed in this program
  control: boolean; // the same attempt succeeded without the block, so the check can fail
  local: boolean; // no way out: it must work
}

/** A way out that the page tried as it loaded. */
export interface PageProbe {
  name: string;
  verdict: 'blocked' | 'not blocked' | 'no control';
  by: string; // what refused it
}

export type ModelState = 'unloaded' | 'loading' | 'ready' | 'failed';

export interface ModelStatus {
  id: string;
  name: string;
  builtin: boolean;
  state: ModelState;
  progress: number; // 0..1
  context: number; // tokens it can take in, 0 if unknown
  thinks: boolean; // one may choose whether it thinks before it answers
  detail: string;
}

export interface Status {
  offline: {
    ok: boolean;
    tried: number;
    blocked: number;
    absent: number;
    rows: Probe[];
    page: PageProbe[];
    under: string[]; // the window's processes that have the block
  };
  record: { size: number; healthy: boolean; detail: string };
  model: ModelStatus;
  redaction: { rules: string[]; ruleset: string };
  temporary: boolean; // whether policy allows conversations that are not kept
  documents: boolean; // whether policy allows documents
  home: string;
  version: string;
  copy: boolean; // text may be copied out of the window
}

export type Theme = 'system' | 'light' | 'dark';

export type LanguageChoice = 'system' | 'en' | 'de';

/** Per cent of the usual, ascending. */
export const textSizes = ['90', '100', '115', '130', '150', '175', '200'] as const;
export type TextSize = (typeof textSizes)[number];

export interface Preferences {
  theme: Theme;
  language: LanguageChoice;
  text: TextSize;
}

export type StopReason = 'eos' | 'length' | 'stopped';

interface OfTurn {
  turn: string;
  conversation: string;
}

export type TurnEvent =
  | ({ kind: 'loading' | 'summarising'; progress: number } & OfTurn)
  | ({ kind: 'delta'; reasoning: string; text: string } & OfTurn)
  | ({
      kind: 'done';
      message: Message;
      tokensPerSecond: number;
      firstTokenMs: number;
      reason: StopReason;
      redactions: Record<string, number>;
      leftOut: number;
      standIns: StandIn[];
      notices: Notice[];
      summary: Summary | null; // that was made in the turn
    } & OfTurn)
  | ({
      kind: 'failed';
      message: Message;
      fault: Fault;
      standIns: StandIn[];
      notices: Notice[];
      summary: Summary | null;
    } & OfTurn);

/** A long work of the program, and how far it is. */
export interface Progress {
  job: string;
  step: string;
  done: number;
  total: number; // 0 if unknown
}

export interface RecordQuery {
  before: number; // below this entry; 0: from the newest
  action: string;
  conversation: string;
  result: string;
  since: string;
  until: string;
}

export interface Entry {
  seq: number;
  time: string;
  actor: string;
  action: string;
  conversation: string;
  result: string;
  detail: string;
  redactions: Record<string, number>;
  line: string;
}

export interface RecordPage {
  entries: Entry[];
  next: number; // 0: nothing older
}

export interface Proof {
  seq: number;
  leaf: string;
  path: string[];
  size: number;
  root: string;
  checkpoint: string;
  text: string;
}

export interface RecordState {
  origin: string;
  size: number;
  root: string;
  keys: number;
  witnessedSize: number;
  witnessedAt: string;
  unwitnessed: number;
  mayBe: number;
  witnessFault: string;
  keepMonths: number;
  fault: string;
}

export interface Verified {
  size: number;
  root: string;
  checkpointed: number;
  keys: number;
  findings: string[];
  tookMs: number;
}

export interface Activity {
  days: { day: string; prompts: number; others: number; read: number; written: number }[]; // the last two in tokens
  masked: [string, number][];
}

export interface Drive {
  path: string;
  label: string;
  device: string;
  size: number;
  free: number;
  readOnly: boolean;
}

export interface Exported {
  path: string;
  entries: number;
  bytes: number;
  resumed: number;
  evidence: boolean; // the record does not verify: a copy of its files, and no bundle
  unrecorded: string; // why the export itself is not on record; empty as a rule
}

export type Format = 'pdf' | 'docx' | 'md' | 'json';

/** How policy lets a conversation be taken along. */
export interface ExportTerms {
  formats: Format[]; // none: not at all
  plain: boolean; // whether it may be written in the clear
  recipients: number; // how many it can be sealed to
  folder: string; // where to, unless the user says otherwise
}

export interface TakeAlong {
  conversation: string;
  format: Format;
  folder: string;
  name: string;
  sealed: boolean;
  values: boolean; // values in place of their stand-ins
}

export interface Taken {
  path: string;
  size: number; // bytes
  sha256: string;
  entry: number; // of the export on record
  sealed: boolean;
}

/** What became of one of several that were written. */
export interface TakenOne {
  conversation: string;
  taken: Taken;
  fault: Fault | null; // why it was not written
}

export interface SealedModel {
  id: string;
  name: string;
  chosen: boolean;
  architecture: string;
  parameters: number;
  quantisation: string;
  context: number;
  licence: string;
  size: number;
  sha256: string;
  importedAt: string;
  sourceFile: string;
  signer: string;
  fit: Fit;
  finding: Finding | null; // it is for finding passages; else it answers
}

/** How far the passages of documents can be found with a model for it. */
export interface Finding {
  used: boolean; // it is the one, else another is
  state: string; // of the model
  pages: number; // of documents, that can be found by their meaning
  of: number;
  paused: boolean; // no more are made for now
  fault: Fault | null; // why passages are found by their words alone
}

/** How a model is, or would be, loaded into the memory that is free. */
export interface Fit {
  fits: boolean;
  context: number; // tokens at once
  needs: number; // bytes of memory
  free: number; // bytes of memory; 0: not known
  eightBits: boolean; // keys and values are kept so
  deviceName: string; // what computes layers beside the processor; empty: nothing
  layers: number; // on it, the output counted as one
  allLayers: number; // of the model, likewise
  deviceNeeds: number; // bytes of its memory
  deviceFree: number;
}

/** How a model is to be loaded; what it leaves open is chosen as suits the model and the memory. */
export interface Wish {
  context: number; // tokens at once; 0: open
  processor: boolean; // it computes all layers, whatever device there is
  cache: string; // of keys and values: f16, q8_0; empty: open
}

export interface Lineage {
  source: string;
  sealedBy: string;
  sealedAt: string;
  signer: string;
  verified: boolean;
  imports: number;
  loads: number;
  turns: number;
}

export interface Setting {
  path: string;
  value: string;
  builtin: string;
  doc: string;
  changed: boolean;
}

export interface Policy {
  version: string;
  source: string;
  name: string;
  number: number;
  signer: string;
  sha256: string;
  expires: string;
  refused: string;
  stopped: string;
  rows: Setting[];
}

export interface Control {
  id: string;
  name: string;
  result: 'pass' | 'fail' | 'not applicable';
  evidence: string; // in English
  said: { id: string; facts: string[] }[]; // the same in parts, to be worded
}

export interface Posture {
  time: string;
  controls: Control[];
}

export interface Slot {
  name: string;
  recipient: string;
  postQuantum: boolean;
  added: string;
  passphrase: boolean;
  token: string;
  fault: string;
}
