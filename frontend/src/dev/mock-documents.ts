// The part of the mock that keeps documents: a file is three pages, and a path that ends in .slow is read page by page.
import type { Doc, DocPlace, Notice, Source } from '../api/types';
import type { MockApp } from './mock';

const text = (page: number): string =>
  `Page ${page} begins here.\n\nThe notice period is three months, as clause ${page} says.\n\nIt ends here.`;
const passage = (page: number) => {
  const start = text(page).indexOf('The notice');
  return { start, end: text(page).indexOf('says.') + 5 };
};

export function sourcesOf(mock: MockApp, conversation: string, also: string[]): Source[] {
  return mock.documents
    .filter((d) => d.conversation === conversation || also.includes(d.id))
    .map((d, i) => ({
      ...{ document: d.id, name: d.name, whole: d.reading === 'read', pages: d.pages, of: d.of },
      passages: [1, 2, 3].slice(0, d.pages).map((page) => ({ number: 3 * i + page, page, ...passage(page) })),
    }));
}

export const noticesOf = (mock: MockApp, answer: string): Notice[] =>
  (mock.sources[answer] ?? [])
    .filter((s) => s.name.startsWith('orders'))
    .map((s) => ({
      ...{ name: 'override', reason: 'It seems so.', answer: false },
      document: s.document,
      page: 2,
    }));

// A grey pixel: what a page looks like is the real program's to say.
const grey = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGN4AQAA6gDp3uJOLwAAAABJRU5ErkJggg==';

export function documentsMock(mock: MockApp) {
  const put = (document: Doc) => {
    mock.documents = mock.documents.map((d) => (d.id === document.id ? document : d));
    mock.emit('document', document);
  };
  return {
    ChooseDocuments: async () => mock.picked,
    AddDocument: async (path: string, { conversation, matter, newIn }: DocPlace) => {
      const name = path.split('/').pop() ?? '';
      let at = conversation;
      if (!at && !matter) {
        at = `c-doc-${mock.documents.length}`;
        const now = new Date().toISOString();
        mock.list = [
          {
            ...{
              id: at,
              title: name,
              createdAt: now,
              updatedAt: now,
              messages: 0,
              matter: newIn || 'general',
            },
            ...{ pinned: false, held: false, draft: false, thinking: false },
          },
          ...mock.list,
        ];
        mock.emit('conversations');
      }
      const added: Doc = {
        ...{ id: `d${mock.documents.length}`, conversation: at, matter, name, kind: '', size: 4096 },
        ...{ reading: 'reading' as const, pages: 0, of: 3, fault: null },
      };
      mock.documents = [...mock.documents, added];
      if (path.endsWith('.bin')) {
        const fault = {
          ...{ code: 'document_kind', message: 'That is not a kind of document that can be read here.' },
          hint: 'Save it as a PDF.',
        };
        setTimeout(() => put({ ...added, reading: 'failed', of: 0, fault }), 0);
      } else if (path.endsWith('.slow')) setTimeout(() => put({ ...added, pages: 1 }), 0);
      else setTimeout(() => put({ ...added, reading: 'read', kind: 'text', pages: 3 }), 0);
      return added;
    },
    Documents: async ({ conversation, matter }: DocPlace) => {
      if (!conversation && !matter) return mock.documents;
      const of = matter || mock.list.find((c) => c.id === conversation)?.matter;
      return mock.documents.filter((d) =>
        d.conversation ? d.conversation === conversation : d.matter === of,
      );
    },
    CancelDocument: async (id: string) => {
      const document = mock.documents.find((d) => d.id === id);
      if (document) put({ ...document, reading: 'cancelled' });
    },
    SearchDocuments: async (words: string) =>
      mock.documents.flatMap((d) =>
        [1, 2, 3].slice(0, d.pages).flatMap((page) => {
          const at = text(page).toLowerCase().indexOf(words.toLowerCase());
          if (at === -1) return [];
          const snippet = [
            { text: text(page).slice(Math.max(0, at - 30), at), match: false },
            { text: text(page).slice(at, at + words.length), match: true },
            { text: text(page).slice(at + words.length, at + 60), match: false },
          ];
          return [{ document: d.id, name: d.name, page, ...passage(page), snippet }];
        }),
      ),
    DocumentPicture: async (id: string, page: number, start: number, end: number, width: number) => {
      mock.drawn = [...mock.drawn, { page, width }];
      if (!mock.documents.find((d) => d.id === id)?.name.endsWith('.pdf'))
        throw {
          ...{ code: 'document_no_picture', message: 'This kind of document has no pages to show.' },
          hint: 'Read its text here.',
        };
      const box = { left: 0.1, top: 0.4, right: 0.9, bottom: 0.43 };
      return { png: grey, width, height: Math.round(width * 1.414), boxes: end > start ? [box] : [] };
    },
    DocumentPage: async (id: string, number: number, start: number, end: number) => ({
      document: mock.documents.find((d) => d.id === id),
      number,
      before: text(number).slice(0, start),
      passage: text(number).slice(start, end),
      after: text(number).slice(end),
    }),
  };
}
