// What a model is for, in words.
import { t } from '.';
import type { Finding, SealedModel } from '../api/types';
import { whole } from './format';

export function title(model: SealedModel): string {
  if (model.finding) return t.models.forFinding(model.name);
  return model.chosen ? t.models.inUse(model.name) : model.name;
}

/** How far passages are found by their meaning with a model. */
export function found(finding: Finding): string {
  if (!finding.used) return t.models.anotherFinds;
  if (finding.fault) return t.models.wordsAlone;
  return t.models.foundPages(whole(finding.pages), whole(finding.of));
}
