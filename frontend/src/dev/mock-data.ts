// Made-up content for the mock.
import type { Conversation, Message, Status } from '../api/types';

const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

const titled = (
  id: string,
  title: string,
  hours: number,
  rest: Partial<Conversation> = {},
): Conversation => ({
  ...{ id, title, createdAt: ago(hours + 1), updatedAt: ago(hours), messages: 2 },
  ...{ matter: 'general', pinned: false, held: false, draft: false, thinking: false },
  ...rest,
});

export const conversations = (): Conversation[] => [
  titled('note', 'Example patient note', 0.1),
  titled('clause', 'Shorten the extension clause', 0.4),
  titled('lease', 'Questions on the lease renewal, section 14 and its exceptions', 26, {
    matter: 'lease',
    held: true,
  }),
  titled('referral', 'Referral letter, cardiology', 52),
  titled('depo', 'Deposition summary, outline', 75),
  titled('chron', 'Chronology of the correspondence', 400, { matter: 'lease', draft: true }),
  titled('discharge', 'Discharge summary template', 700, { pinned: true }),
];

const note = `Here is an example note. Every identifier in it is made up.

## Subjective

The patient reports **two weeks of intermittent chest tightness** on exertion, relieved by rest. No syncope. Contact: [EMAIL], insurance number [SSN].

## Objective

| Measure | Value | Reference |
|:--|--:|:--|
| Blood pressure | 142/88 mmHg | < 130/80 |
| Heart rate | 78 /min | 60 to 100 |
| LDL cholesterol | 3.9 mmol/l | < 2.6 |

## Plan

1. Resting ECG today, stress test within two weeks
2. Start a statin; discuss side effects
   - recheck lipids in six weeks
3. Return at once if pain occurs **at rest**

See [the guideline](https://example.org/guideline) for thresholds. The same as structured data:

\`\`\`json
{
  "complaint": "chest tightness",
  "weeks": 2,
  "followUp": ["ECG", "stress test"],
  "contact": "[EMAIL]"
}
\`\`\``;

const message = (
  turn: string,
  role: Message['role'],
  text: string,
  rest: Partial<Message> = {},
): Message => ({
  ...{ id: `${turn}-${role}`, parent: '', turn, role, status: 'complete', reasoning: '', text },
  ...{
    model: 'subrosa-demo',
    promptTokens: 32,
    outputTokens: role === 'assistant' ? 212 : 0,
    createdAt: ago(0.1),
  },
  ...rest,
});

export const history = (): Record<string, Message[]> => ({
  note: [
    message('t1', 'user', 'Write an example patient note with made-up identifiers.\nReply to [EMAIL].'),
    message('t1', 'assistant', note),
  ],
  clause: [
    message('t2', 'user', 'Shorten: The parties hereby agree that the term shall be extended.'),
    message('t2', 'assistant', 'The parties extend the', { status: 'stopped' }),
    message('t3', 'user', 'Go on, please.'),
    message('t3', 'assistant', 'The parties extend the term by', { status: 'failed' }),
  ],
});

export function answerTo(text: string): string {
  if (text.includes('crash')) return 'The first part of an answer that then breaks off. !crash';
  if (text.includes('note')) return note;
  return 'Press **Ctrl+L**, or choose *Lock* at the bottom right. Subrosa then forgets its keys until you enter your passphrase again.';
}

const probe = (name: string, detail: string) => ({
  name,
  detail,
  blocked: true,
  control: true,
  local: false,
});

export const readyStatus = (): Status => ({
  temporary: true,
  documents: true,
  offline: {
    ok: true,
    tried: 6,
    blocked: 6,
    absent: 0,
    rows: [
      probe('TCP over IPv4', 'socket(AF_INET, SOCK_STREAM)'),
      probe('TCP over IPv6', 'socket(AF_INET6, SOCK_STREAM)'),
      probe('UDP and name lookups', 'socket(AF_INET, SOCK_DGRAM)'),
      probe('Raw packets', 'socket(AF_PACKET, SOCK_RAW)'),
      probe('Kernel routing messages', 'socket(AF_NETLINK)'),
      probe('io_uring', 'io_uring_setup'),
    ],
    page: [
      { name: 'fetch', verdict: 'blocked', by: 'connect-src' },
      { name: 'image', verdict: 'blocked', by: 'img-src' },
      { name: 'location', verdict: 'blocked', by: 'window' },
      { name: 'dns-prefetch', verdict: 'no control', by: '' },
    ],
    under: ['subrosa', 'WebKitNetworkPr', 'WebKitWebProces'],
  },
  record: { size: 128, healthy: true, detail: 'Last checkpoint at entry 128' },
  model: {
    ...{
      id: '3f9a1c0b7de24580',
      name: 'Subrosa Demo',
      builtin: true,
      state: 'ready',
      progress: 1,
      context: 1024,
      thinks: false,
    },
    detail: '',
  },
  redaction: { rules: ['EMAIL_ADDRESS', 'US_SSN', 'CREDIT_CARD', 'IBAN_CODE'], ruleset: '1-8c1f02' },
  home: '/home/clinician/.local/share/subrosa',
  version: '0.1.0',
  copy: true,
});
