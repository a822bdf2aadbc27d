import { en, type Strings } from './en';

export type { Strings };
export const t: Strings = en;
