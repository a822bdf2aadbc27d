// How a model is loaded, in words.
import { t } from '.';
import type { Fit } from '../api/types';
import { bytes, whole } from './format';

export const memoryOf = (fit: Fit): string =>
  (fit.fits ? t.models.memoryWords : t.models.memoryShort)(
    bytes(fit.needs),
    bytes(fit.free),
    whole(fit.context),
  ) + (fit.eightBits ? t.models.eightBits : '');

export const computedBy = (fit: Fit): string =>
  fit.layers > 0
    ? t.models.onDevice(
        whole(fit.layers),
        whole(fit.allLayers),
        fit.deviceName,
        bytes(fit.deviceNeeds),
        bytes(fit.deviceFree),
      )
    : t.models.onProcessor;
