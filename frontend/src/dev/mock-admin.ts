// The part of the mock for the record, the models, the policy, the posture and the keys.
import type { Entry, RecordQuery, Slot, TakeAlong, Wish } from '../api/types';
import type { MockApp } from './mock';

const actions = [
  'prompt',
  'response',
  'search',
  'unlock',
  'conversation_rename',
  'prompt',
  'response',
  'lock',
];

function entry(seq: number): Entry {
  const time = new Date(Date.now() - (127 - seq) * 5_400_000).toISOString();
  const action = seq === 0 ? 'setup' : actions[seq % actions.length]!;
  const e = {
    ...{ seq, time, actor: 'clinician', action, conversation: action === 'prompt' ? 'note' : '' },
    ...{ result: action === 'response' ? 'complete' : '', detail: '' },
    redactions: action === 'prompt' ? { EMAIL_ADDRESS: 1 } : ({} as Record<string, number>),
  };
  return { ...e, line: JSON.stringify({ v: 1, ...e }, null, 2) };
}

const all = Array.from({ length: 128 }, (_, i) => entry(127 - i));
const full = {
  code: 'disk_full',
  message: 'The disk is full.',
  hint: 'Free some space and export again.',
};
const hash = (n: number) =>
  `${'kQ3v8mYpLx0cWb7T'.slice(n % 7)}${'Zr4nUe1HsAf6DjGo2iBtNwXyMqCvEpK='.slice(n % 5)}`;

export function adminMock(mock: MockApp) {
  let slots: Slot[] = [
    {
      ...{ name: 'user', recipient: '', postQuantum: false, added: '2026-03-02T09:00:00Z' },
      ...{ passphrase: true, token: '', fault: '' },
    },
    {
      ...{
        name: 'recovery-1f2e3d4c',
        recipient: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
      },
      ...{ postQuantum: false, added: '2026-03-02T09:10:00Z', passphrase: false, token: '', fault: '' },
    },
  ];
  const model = {
    ...{
      id: '3f9a1c0b7de24580',
      name: 'Subrosa Demo',
      chosen: true,
      architecture: 'llama',
      parameters: 12_400_000,
    },
    ...{ quantisation: 'Q8_0', context: 1024, licence: 'Apache-2.0', size: 13_300_000, signer: '' },
    ...{ sha256: '3f9a1c0b7de2458000aa11bb22cc33dd44ee55ff66778899aabbccddeeff0011' },
    ...{ importedAt: '2026-03-02T09:00:00Z', sourceFile: 'demo.gguf' },
    fit: {
      ...{ fits: true, context: 1024, needs: 240_000_000, free: 23_700_000_000, eightBits: true },
      ...{ deviceName: 'A graphics card', layers: 3, allLayers: 5, deviceNeeds: 620_000_000 },
      ...{ deviceFree: 4_100_000_000 },
    },
  };
  const forFinding = {
    ...model,
    ...{ id: '77aa1c0b7de24580', name: 'Paraphrase small', chosen: false, architecture: 'bert' },
    ...{ parameters: 33_400_000, context: 512, licence: 'MIT', size: 36_700_000, signer: '1F2E3D4C5B6A7988' },
    ...{ sha256: '77aa1c0b7de2458000aa11bb22cc33dd44ee55ff66778899aabbccddeeff0011' },
    ...{ sourceFile: 'paraphrase.gguf' },
    fit: {
      ...{ fits: true, context: 512, needs: 320_000_000, free: 23_700_000_000, eightBits: false },
      ...{ deviceName: '', layers: 0, allLayers: 7, deviceNeeds: 0, deviceFree: 0 },
    },
    finding: mock.finding,
  };
  const state = {
    ...{ origin: 'subrosa/5d41402abc4b2a76', size: 128, root: hash(1), keys: 1, witnessedSize: 96 },
    ...{ witnessedAt: new Date(Date.now() - 9 * 86_400_000).toISOString(), unwitnessed: 9, mayBe: 30 },
    ...{ witnessFault: '', keepMonths: 12, fault: '' },
  };
  return {
    RecordPage: async (q: RecordQuery) => {
      const found = all.filter(
        (e) =>
          (q.before === 0 || e.seq < q.before) &&
          (q.action === '' || e.action === q.action) &&
          (q.result === '' || e.result === q.result) &&
          e.conversation.startsWith(q.conversation) &&
          (q.since === '' || e.time >= q.since) &&
          (q.until === '' || e.time < q.until),
      );
      const entries = found.slice(0, 50);
      return { entries, next: found.length > 50 ? entries.at(-1)!.seq : 0 };
    },
    RecordState: async () => state,
    RecordActivity: async () => ({
      days: Array.from({ length: 30 }, (_, i) => {
        const day = new Date(Date.now() - (29 - i) * 86_400_000).toISOString().slice(0, 10);
        const idle = i % 7 > 4;
        const prompts = idle ? 0 : 6 + ((i * 7) % 11);
        return {
          day,
          prompts,
          others: idle ? 1 : 4 + ((i * 3) % 5),
          read: prompts * 610,
          written: prompts * 180,
        };
      }),
      masked: { EMAIL_ADDRESS: 41, US_SSN: 17, IBAN_CODE: 4 },
    }),
    Prove: async (seq: number) => ({
      ...{
        seq,
        leaf: hash(2),
        path: [3, 4, 5, 6, 7].map(hash),
        size: 128,
        root: hash(1),
        checkpoint: '',
        text: 'proof',
      },
    }),
    VerifyRecord: async () => {
      mock.emit('progress', { job: 'verify', step: '', done: 1, total: 2 });
      return { size: 128, root: hash(1), checkpointed: 128, keys: 1, findings: [], tookMs: 12 };
    },
    TakeWitness: async (text: string) => {
      if (!text.startsWith('subrosa/')) {
        throw {
          ...{ code: 'witness_foreign', message: 'That is not a cosigned checkpoint of this record.' },
          hint: 'Take the .cosigned file that subrosa-verify wrote.',
        };
      }
      return { ...state, witnessedSize: 128, witnessedAt: new Date().toISOString() };
    },
    Drives: async () => [
      {
        ...{ path: '/media/clinician/COMPLIANCE', label: 'COMPLIANCE', device: '/dev/sdb1' },
        ...{ size: 15_800_000_000, free: 9_100_000_000, readOnly: false },
      },
      { path: '', label: '', device: '/dev/sdc1', size: 0, free: 0, readOnly: false },
    ],
    ExportRecord: async ({ dir, compress }: { dir: string; compress: boolean }) => ({
      path: `${dir}/subrosa-128`,
      entries: 128,
      bytes: compress ? 96_000 : 412_000,
      resumed: 0,
      evidence: false,
      unrecorded: null as object | null,
    }),
    ExportTerms: async () => ({
      formats: ['md', 'docx', 'pdf', 'json'],
      plain: true,
      recipients: 2,
      folder: '/home/clinician',
    }),
    ExportConversation: async (q: TakeAlong) => {
      mock.taken.push(q);
      const path = `${q.folder}/${q.name}.${q.format}${q.sealed ? '.age' : ''}`;
      return { path, size: 48_000, sha256: hash(1), entry: 128, sealed: q.sealed };
    },
    ExportConversations: async (ids: string[], q: TakeAlong) => {
      mock.taken.push(...ids.map((conversation) => ({ ...q, conversation })));
      mock.emit('progress', { job: 'take-along', step: 'writing', done: 1, total: ids.length });
      await mock.writing;
      return ids.map((conversation, i) => {
        const path = `${q.folder}/${q.name}-${i + 1}.${q.format}`;
        const taken = { path, size: 48_000, sha256: hash(1), entry: 128 + 2 * i, sealed: q.sealed };
        return conversation === 'clause' ? { conversation, taken: {}, fault: full } : { conversation, taken };
      });
    },
    Cancel: async (job: string) => void mock.cancelled.push(job),
    Models: async () => [model, forFinding],
    ImportModel: async () => {
      throw {
        code: 'package_bad',
        message: 'That is no model package.',
        hint: 'Choose the folder that IT made with subrosactl model seal.',
      };
    },
    VerifyModel: async () => undefined,
    FitModel: async (_: string, wish: Wish) => ({
      ...model.fit,
      ...(wish.context
        ? { context: wish.context, fits: wish.context <= 4096, needs: wish.context * 240_000 }
        : {}),
      ...(wish.processor ? { layers: 0 } : {}),
      eightBits: wish.cache !== 'f16',
    }),
    UseModel: async (id: string, wish: Wish) => {
      mock.used = { id, wish };
    },
    Finding: async () => mock.finding,
    MakeFinding: async (on: boolean) => {
      mock.finding = { ...mock.finding, paused: !on, fault: null };
    },
    Lineage: async () => ({
      ...{ source: 'demo.gguf', sealedBy: '', sealedAt: '2026-03-02T09:00:00Z', signer: '', verified: false },
      ...{ imports: 1, loads: 14, turns: 61 },
    }),
    Recipient: async () => 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
    Policy: async () => ({
      ...{ version: 'machine-7-0f1e2d3c4b5a6978', source: 'machine', name: 'Harbour Clinic', number: 7 },
      ...{
        signer: 'A1B2C3D4E5F60718',
        sha256: model.sha256,
        expires: '2027-01-01',
        refused: '',
        stopped: '',
      },
      rows: [
        {
          path: 'unlock.idle_minutes',
          value: '5',
          builtin: '10',
          doc: 'Minutes without a key until it locks.',
          changed: true,
        },
        {
          path: 'limits.prompt_bytes',
          value: '262144',
          builtin: '262144',
          doc: 'Most bytes of a prompt.',
          changed: false,
        },
      ],
    }),
    Posture: async () => ({
      time: new Date().toISOString(),
      controls: [
        {
          ...{ id: 'network', name: 'No network', result: 'pass' },
          evidence: 'network: 14 ways out blocked, 0 open, 1 without a control; open: none',
          said: [
            { id: 'ways-out', facts: ['14', '0', '1'] },
            { id: 'open', facts: ['none'] },
          ],
        },
        {
          id: 'disk-encryption',
          name: 'Disk encryption',
          result: 'not applicable',
          evidence: 'cannot be seen from here',
          said: [{ id: 'of-a-newer-program', facts: [] }],
        },
        {
          id: 'recovery',
          name: 'Recovery slot',
          result: 'fail',
          evidence: '0 recovery slots',
          said: [{ id: 'recovery', facts: ['0'] }],
        },
      ],
    }),
    Slots: async () => slots,
    AddRecovery: async (recipient: string) => {
      slots = [...slots, { ...slots[1]!, name: `recovery-${slots.length}`, recipient }];
    },
    RemoveSlot: async (name: string) => void (slots = slots.filter((s) => s.name !== name)),
    ChangePassphrase: async () => mock.enter('ready', 'required'),
  };
}
