import type { LanguageFn } from 'highlight.js';
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import r from 'highlight.js/lib/languages/r';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

const languages: Record<string, LanguageFn> = {
  ...{ bash, csharp, css, diff, go, ini, java, javascript, json, python, r, sql, typescript, xml, yaml },
};

/** Whether code of this language can be marked. A language is taken in with the first code in it; one that goes by another
 * name ("py") is looked for among all. */
function knows(language: string): boolean {
  if (language === '') return false;
  if (hljs.getLanguage(language)) return true;
  for (const name of Object.hasOwn(languages, language) ? [language] : Object.keys(languages)) {
    if (!hljs.getLanguage(name)) hljs.registerLanguage(name, languages[name]!);
  }
  return hljs.getLanguage(language) !== undefined;
}

// While a block is still growing, its complete lines are highlighted again with each new one, so only while that is cheap.
const whileOpen = 4_000;
const whenClosed = 100_000;

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => entities[c] ?? c);

const marked = (code: string, language: string): string =>
  hljs.highlight(code, { language, ignoreIllegals: true }).value;

let lines = { code: '', language: '', html: '' }; // the complete lines of the block that is growing

/** Class-based HTML for code; plain escaped text where the language is unknown or the block is too long. */
export function highlight(code: string, language: string, closed: boolean): string {
  if (code.length > (closed ? whenClosed : whileOpen) || !knows(language)) return escape(code);
  if (closed) return marked(code, language);
  const complete = code.slice(0, code.lastIndexOf('\n') + 1);
  if (lines.code !== complete || lines.language !== language) {
    lines = { code: complete, language, html: marked(complete, language) };
  }
  return lines.html + escape(code.slice(complete.length));
}
