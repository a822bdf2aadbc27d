// What the bridge says about redaction and about what is kept: see decode.ts.
import { bool, fields, list, num, oneOf, str } from './decode';
import type { Checked, Find, Found, Hit, Kind, Matter, Template } from './types';

function toFind(value: unknown): Find {
  const f = fields(value);
  return {
    start: num(f.start),
    end: num(f.end),
    type: str(f.type),
    label: str(f.label),
    reason: str(f.reason),
    action: oneOf(f.action, ['allow', 'warn', 'pseudonymise', 'mask', 'block'], 'mask'),
  };
}

export function toChecked(value: unknown): Checked {
  const f = fields(value);
  return {
    finds: list(f.spans).map(toFind),
    masked: str(f.masked),
    mayMask: bool(f.mayMask),
    mayPseudonymise: bool(f.mayPseudonymise),
  };
}

export const toKinds = (value: unknown): Kind[] =>
  list(value).map((v) => {
    const f = fields(v);
    return { type: str(f.type), label: str(f.label), description: str(f.description) };
  });

export const toTemplates = (value: unknown): Template[] =>
  list(value).map((v) => {
    const f = fields(v);
    return { name: str(f.name), text: str(f.text), own: bool(f.own) };
  });

export function toMatter(value: unknown): Matter {
  const f = fields(value);
  return {
    id: str(f.id),
    name: str(f.name),
    retentionDays: num(f.retentionDays),
    conversations: num(f.conversations),
    held: bool(f.held),
  };
}

export const toMatters = (value: unknown): Matter[] => list(value).map(toMatter);

export const toSnippet = (value: unknown): Hit['snippet'] =>
  list(value).map((p) => ({ text: str(fields(p).text), match: bool(fields(p).match) }));

function toHit(value: unknown): Hit {
  const f = fields(value);
  return {
    conversation: str(f.conversation),
    title: str(f.title),
    message: str(f.message),
    role: str(f.role),
    at: str(f.at),
    snippet: toSnippet(f.snippet),
  };
}

export function toFound(value: unknown): Found {
  const f = fields(value);
  return { hits: list(f.hits).map(toHit), more: bool(f.more), complete: bool(f.complete) };
}
