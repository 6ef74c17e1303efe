/**
 * The order in which sides take turns: A B C, C B A, A B C, ... Each row is a round in which every side has one
 * block; a drift of the machine that is linear in time weighs on all sides alike over two rounds (with two sides
 * this is A B B A).
 */
export function rotation<Side>(sides: readonly Side[], rounds: number): Side[][] {
  return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? [...sides] : sides.toReversed()));
}
