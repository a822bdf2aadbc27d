// The part of the mock that keeps: redaction, drafts, templates, matters, search.
import type { Erasure, Find, Matter, StandIn, Template } from '../api/types';
import type { MockApp } from './mock';

export interface Sending {
  documents: string[];
  leaveOut: boolean;
  summarise: boolean;
  temporary: boolean;
  think: boolean;
  conversation: string;
  matter: string;
  text: string;
  edit: string;
  again: string;
  continue: string;
  instead?: string;
}

const rules: [RegExp, string, string, string][] = [
  [/[\w.]+@[\w.]+\.\w+/g, 'EMAIL_ADDRESS', '[EMAIL]', 'E-mail address'],
  [/\b\d{3}-\d{2}-\d{4}\b/g, 'US_SSN', '[SSN]', 'US social security number'],
];

export function check(
  text: string,
  instead = '',
): Record<string, unknown> & { spans: Find[]; masked: string } {
  const action: Find['action'] = instead === 'pseudonymise' ? 'pseudonymise' : 'mask';
  const spans: Find[] = rules.flatMap(([pattern, type, label, reason]) =>
    [...text.matchAll(pattern)].map((m) => ({
      ...{ start: m.index, end: m.index + m[0].length, type, label, reason, action },
    })),
  );
  spans.sort((a, b) => a.start - b.start);
  const masked = rules.reduce((masked, [pattern, , label]) => {
    let n = 0;
    return masked.replace(pattern, () => (instead ? label.replace(']', `_${++n}]`) : label));
  }, text);
  return { spans, masked, mayPseudonymise: !instead && spans.length > 0, mayMask: instead !== '' };
}

/** What the model would know by a stand-in. */
export const standInsOf = (text: string): StandIn[] =>
  check(text).spans.map((s, i) => ({
    ...{ token: s.label.replace(']', `_${i + 1}]`), type: s.type, value: text.slice(s.start, s.end) },
  }));

export function historyMock(mock: MockApp) {
  const drafts: Record<string, string> = {};
  let templates: Template[] = [{ name: 'Ward round', text: 'Summarise today on the ward:\n\n', own: false }];
  let matters: Matter[] = [
    { id: 'general', name: '', retentionDays: 0, conversations: 5, held: false },
    { id: 'lease', name: 'Harbour lease', retentionDays: 365, conversations: 2, held: true },
    { id: 'ward', name: 'Ward 3', retentionDays: 30, conversations: 0, held: false },
  ];
  const changed = () => mock.emit('conversations');
  const patch = (ids: string[], what: object) => {
    mock.list = mock.list.map((c) => (ids.includes(c.id) ? { ...c, ...what } : c));
    changed();
  };
  return {
    Check: async (_: string, text: string, instead: string) => check(text, instead),
    Kinds: async () => rules.map(([, type, label, description]) => ({ type, label, description })),
    Draft: async (id: string) => drafts[id] ?? '',
    SetDraft: async (id: string, text: string) => void (drafts[id] = text),
    Pin: async (id: string, pinned: boolean) => patch([id], { pinned }),
    Move: async (matter: string, ids: string[]) => patch(ids, { matter }),
    Hold: async (_: string, id: string) => patch([id], { held: true }),
    Choose: async () => undefined,
    Erase: async ({ messages = [], documents = [], conversations = [], matters: gone = [] }: Erasure) => {
      mock.documents = mock.documents.filter((d) => !documents.includes(d.id));
      mock.list = mock.list.filter((c) => !conversations.includes(c.id) && !gone.includes(c.matter));
      matters = matters.filter((m) => !gone.includes(m.id));
      for (const [id, all] of Object.entries(mock.messages)) {
        mock.messages[id] = all.map((m) =>
          messages.includes(m.id) ? { ...m, text: '', status: 'erased' as const } : m,
        );
      }
      changed();
    },
    Templates: async () => templates,
    SetTemplate: async (name: string, text: string) => {
      templates = templates.filter((x) => x.name !== name || !x.own);
      if (text) templates = [...templates, { name, text: check(text).masked, own: true }];
    },
    Matters: async () => matters,
    CreateMatter: async (name: string) => {
      const made = { id: `m${matters.length}`, name, retentionDays: 0, conversations: 0, held: false };
      matters = [...matters, made];
      changed();
      return made;
    },
    RenameMatter: async (id: string, name: string) => {
      matters = matters.map((m) => (m.id === id ? { ...m, name } : m));
      changed();
    },
    SetRetention: async (id: string, retentionDays: number) => {
      matters = matters.map((m) => (m.id === id ? { ...m, retentionDays } : m));
      changed();
    },
    Search: async (text: string) => ({
      hits: Object.entries(mock.messages).flatMap(([id, all]) =>
        all.flatMap((m) => {
          const at = m.text.toLowerCase().indexOf(text.toLowerCase());
          if (at === -1) return [];
          const snippet = [
            { text: m.text.slice(Math.max(0, at - 30), at), match: false },
            { text: m.text.slice(at, at + text.length), match: true },
            { text: m.text.slice(at + text.length, at + 60), match: false },
          ];
          const title = mock.list.find((c) => c.id === id)?.title ?? '';
          return [{ conversation: id, title, message: m.id, role: m.role, at: m.createdAt, snippet }];
        }),
      ),
      ...{ more: false, complete: true },
    }),
  };
}
