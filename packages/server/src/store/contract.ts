import { describe } from 'vitest';
import { describeIdempotency } from './contract/idempotency.ts';
import { describeLists } from './contract/lists.ts';
import { describeOrder } from './contract/order.ts';
import { describePositions } from './contract/positions.ts';
import { describeRandom } from './contract/random.ts';
import { describeReading } from './contract/reading.ts';
import { describeReplies } from './contract/replies.ts';
import { describeRights } from './contract/rights.ts';
import type { Storage } from './contract/world.ts';

export type { Storage, StoreSettings } from './contract/world.ts';

/**
 * What every store must hold, in the words of the rules. Each test begins with empty data and ends with a check of
 * the store.
 *
 * @param makeStorage a new, empty one for each call
 */
export function describeStore(name: string, makeStorage: () => Storage): void {
  describe(`store: ${name}`, () => {
    describeOrder(makeStorage);
    describeIdempotency(makeStorage);
    describePositions(makeStorage);
    describeReplies(makeStorage);
    describeRights(makeStorage);
    describeLists(makeStorage);
    describeReading(makeStorage);
    describeRandom(makeStorage);
  });
}
