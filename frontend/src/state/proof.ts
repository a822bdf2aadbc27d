import * as api from '../api/bridge';
import { proveNoWayOut } from '../lockdown/prove';

/** Tries every way out of the page and hands over what became of each. To be called once, as the page loads. */
export const proveOffline = async (): Promise<void> => api.pageProved(await proveNoWayOut(api.openInBrowser));
