export type { Strings } from './en';
export { language, ofSystem, t, type Language } from './language.svelte';
