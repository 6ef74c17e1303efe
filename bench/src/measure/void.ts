/** Under what conditions a figure was taken. */
export interface Conditions {
  /** How much of its core the generator used, 0..1. */
  generatorShare: number;
  /** How much of the two cores went to processes that are not the bench's, 0..1. */
  othersShare: number;
}

/** With more of its core in use than this, the generator may be what limits a rate. */
const GENERATOR_SHARE_LIMIT = 0.7;
/** With more of the cores in use than this, another process may be. */
const OTHERS_SHARE_LIMIT = 0.1;

/** Why a rate or a latency says nothing of the server; undefined when it does. CPU per message is never void. */
export function whyVoid({ generatorShare, othersShare }: Conditions): string | undefined {
  if (generatorShare > GENERATOR_SHARE_LIMIT) return 'the generator was at its limit';
  if (isDisturbed({ othersShare })) return 'the machine was busy with something else';
  return undefined;
}

export function isVoid(conditions: Conditions): boolean {
  return whyVoid(conditions) !== undefined;
}

/** On a machine that is busy with something else even the time of a sync to disk is not the disk's. */
export function isDisturbed({ othersShare }: Pick<Conditions, 'othersShare'>): boolean {
  return othersShare > OTHERS_SHARE_LIMIT;
}
