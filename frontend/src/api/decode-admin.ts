// What the bridge says about the record, the models, the policy, the posture and the keys: see decode.ts.
import { bool, fields, list, num, oneOf, sentences, str, toFaultFields } from './decode';
import type {
  Activity,
  Drive,
  Entry,
  Exported,
  ExportTerms,
  Finding,
  Fit,
  Lineage,
  Policy,
  Posture,
  Progress,
  Proof,
  RecordPage,
  RecordState,
  SealedModel,
  Slot,
  Taken,
  TakenOne,
  Verified,
} from './types';

/** Reads the fields that like has, each as the kind of value that like has there. */
function read<T extends object>(value: unknown, like: T): T {
  const f = fields(value);
  const out = Object.entries(like).map(([key, kind]) => [
    key,
    typeof kind === 'number'
      ? num(f[key])
      : typeof kind === 'boolean'
        ? bool(f[key])
        : Array.isArray(kind)
          ? list(f[key]).map(str)
          : str(f[key]),
  ]);
  return Object.fromEntries(out) as T;
}

const counts = (value: unknown): Record<string, number> =>
  Object.fromEntries(Object.entries(fields(value)).map(([k, n]) => [k, num(n)]));

export const toProgress = (value: unknown): Progress => read(value, { job: '', step: '', done: 0, total: 0 });

const toEntry = (value: unknown): Entry => ({
  ...read(value, {
    seq: 0,
    time: '',
    actor: '',
    action: '',
    conversation: '',
    result: '',
    detail: '',
    line: '',
  }),
  redactions: counts(fields(value).redactions),
});

export const toRecordPage = (value: unknown): RecordPage => ({
  entries: list(fields(value).entries).map(toEntry),
  next: num(fields(value).next),
});

export const toProof = (value: unknown): Proof =>
  read(value, { seq: 0, leaf: '', path: [] as string[], size: 0, root: '', checkpoint: '', text: '' });

export const toRecordState = (value: unknown): RecordState => ({
  ...read(value, {
    ...{
      origin: '',
      size: 0,
      root: '',
      keys: 0,
      witnessedSize: 0,
      witnessedAt: '',
      unwitnessed: 0,
      mayBe: 0,
    },
    ...{ witnessFault: '', keepMonths: 0 },
  }),
  fault: sentences(fields(value).fault),
});

export const toVerified = (value: unknown): Verified =>
  read(value, { size: 0, root: '', checkpointed: 0, keys: 0, findings: [] as string[], tookMs: 0 });

export const toActivity = (value: unknown): Activity => ({
  days: list(fields(value).days).map((d) => read(d, { day: '', prompts: 0, others: 0, read: 0, written: 0 })),
  masked: Object.entries(counts(fields(value).masked)).sort((a, b) => b[1] - a[1]),
});

export const toDrives = (value: unknown): Drive[] =>
  list(value).map((d) => read(d, { path: '', label: '', device: '', size: 0, free: 0, readOnly: false }));

export const toExported = (value: unknown): Exported => ({
  ...read(value, { path: '', entries: 0, bytes: 0, resumed: 0, evidence: false }),
  unrecorded: sentences(fields(value).unrecorded),
});

const formats = ['pdf', 'docx', 'md', 'json'] as const;

export const toExportTerms = (value: unknown): ExportTerms => {
  const offered = list(fields(value).formats);
  return {
    ...read(value, { plain: false, recipients: 0, folder: '' }),
    formats: formats.filter((f) => offered.includes(f)),
  };
};

export const toTaken = (value: unknown): Taken =>
  read(value, { path: '', size: 0, sha256: '', entry: 0, sealed: false });

export const toTakenOnes = (value: unknown): TakenOne[] =>
  list(value).map((v) => {
    const f = fields(v);
    return { conversation: str(f.conversation), taken: toTaken(f.taken), fault: toFaultFields(f.fault) };
  });

export const toFit = (value: unknown): Fit =>
  read(value, {
    ...{ fits: false, context: 0, needs: 0, free: 0, eightBits: false },
    ...{ deviceName: '', layers: 0, allLayers: 0, deviceNeeds: 0, deviceFree: 0 },
  });

export const toSealedModel = (value: unknown): SealedModel => ({
  ...read(value, {
    ...{ id: '', name: '', chosen: false, architecture: '', parameters: 0, quantisation: '', context: 0 },
    ...{ licence: '', size: 0, sha256: '', importedAt: '', sourceFile: '', signer: '' },
  }),
  fit: toFit(fields(value).fit),
  finding: toFinding(fields(value).finding),
});

export const toFinding = (value: unknown): Finding | null =>
  value === undefined || value === null
    ? null
    : {
        ...read(value, { used: false, state: '', pages: 0, of: 0, paused: false }),
        fault: toFaultFields(fields(value).fault),
      };

export const toSealedModels = (value: unknown): SealedModel[] => list(value).map(toSealedModel);

export const toLineage = (value: unknown): Lineage =>
  read(value, {
    ...{
      source: '',
      sealedBy: '',
      sealedAt: '',
      signer: '',
      verified: false,
      imports: 0,
      loads: 0,
      turns: 0,
    },
  });

export const toPolicy = (value: unknown): Policy => ({
  ...read(value, {
    ...{
      version: '',
      source: '',
      name: '',
      number: 0,
      signer: '',
      sha256: '',
      expires: '',
      refused: '',
      stopped: '',
    },
  }),
  rows: list(fields(value).rows).map((r) =>
    read(r, { path: '', value: '', builtin: '', doc: '', changed: false }),
  ),
});

export const toPosture = (value: unknown): Posture => ({
  time: str(fields(value).time),
  controls: list(fields(value).controls).map((c) => ({
    ...read(c, { id: '', name: '', evidence: '' }),
    said: list(fields(c).said).map((s) => ({
      id: str(fields(s).id),
      facts: list(fields(s).facts).map(str),
    })),
    result: oneOf(fields(c).result, ['pass', 'fail', 'not applicable'], 'fail'),
  })),
});

export const toSlots = (value: unknown): Slot[] =>
  list(value).map((s) => ({
    ...read(s, { name: '', recipient: '', postQuantum: false, added: '', passphrase: false, token: '' }),
    fault: sentences(fields(s).fault),
  }));
