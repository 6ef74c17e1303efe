/** A time or a span in milliseconds; the machines only compare and add, so any clock that never goes back will do. */
export type Millis = number;
