import * as api from '../api/bridge';

/** Puts text on the clipboard; false where that did not work. */
export const clipboard = (text: string): Promise<boolean> => api.copy(text);
