// What the bridge says about documents: see decode.ts.
import { fields, list, num, oneOf, str, toFaultFields } from './decode';
import { toSnippet } from './decode-history';
import type { Doc, DocPage, Notice, PagePicture, PassageHit, Source } from './types';

function toSource(value: unknown): Source {
  const f = fields(value);
  return {
    document: str(f.document),
    name: str(f.name),
    whole: f.whole === true,
    pages: num(f.pages),
    of: num(f.of),
    passages: list(f.passages).map((v) => {
      const p = fields(v);
      return { number: num(p.number), page: num(p.page), start: num(p.start), end: num(p.end) };
    }),
  };
}

export const toSources = (value: unknown): Source[] => list(value).map(toSource);

export function toNotice(value: unknown): Notice {
  const f = fields(value);
  return {
    name: str(f.name),
    reason: str(f.reason),
    answer: f.answer === true,
    document: str(f.document),
    page: num(f.page),
  };
}

export function toDoc(value: unknown): Doc {
  const f = fields(value);
  return {
    id: str(f.id),
    conversation: str(f.conversation),
    matter: str(f.matter),
    name: str(f.name),
    kind: str(f.kind),
    size: num(f.size),
    reading: oneOf(f.reading, ['reading', 'read', 'cancelled', 'failed'], 'failed'),
    pages: num(f.pages),
    of: num(f.of),
    fault: toFaultFields(f.fault),
  };
}

export const toDocs = (value: unknown): Doc[] => list(value).map(toDoc);

export function toDocPage(value: unknown): DocPage {
  const f = fields(value);
  return {
    document: toDoc(f.document),
    number: num(f.number),
    before: str(f.before),
    passage: str(f.passage),
    after: str(f.after),
  };
}

export function toPicture(value: unknown): PagePicture {
  const f = fields(value);
  return {
    png: str(f.png),
    width: num(f.width),
    height: num(f.height),
    boxes: list(f.boxes).map((v) => {
      const b = fields(v);
      return { left: num(b.left), top: num(b.top), right: num(b.right), bottom: num(b.bottom) };
    }),
  };
}

export const toPassageHits = (value: unknown): PassageHit[] =>
  list(value).map((v) => {
    const f = fields(v);
    return {
      ...{ document: str(f.document), name: str(f.name), snippet: toSnippet(f.snippet) },
      ...{ page: num(f.page), start: num(f.start), end: num(f.end) },
    };
  });
