/** Values below 2^31 us (36 minutes) in 128 buckets an octave: an error below 0.8 %, in 25 KiB. */
const SUB_BITS = 7;
const SUB = 1 << SUB_BITS;
const BUCKETS = (31 - SUB_BITS) * SUB + SUB;
const MAX = 2 ** 31 - 1;

/** Counts as pairs of bucket and count; what crosses a process boundary. */
export type HistogramData = [bucket: number, count: number][];

/** A histogram of durations in microseconds with constant relative error, as HdrHistogram keeps it. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #max = 0;

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    for (const [bucket, count] of data) {
      histogram.#counts[bucket] = count;
      histogram.#count += count;
      histogram.#max = highestIn(bucket);
    }
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  /** The longest duration recorded (of a received histogram: the upper end of its bucket). */
  get maxUs(): number {
    return this.#max;
  }

  record(us: number): void {
    const value = us < 0 ? 0 : us > MAX ? MAX : us | 0;
    const bucket = bucketOf(value);
    this.#counts[bucket] = this.#counts[bucket]! + 1;
    this.#count++;
    if (value > this.#max) this.#max = value;
  }

  add(other: Histogram): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i] = this.#counts[i]! + other.#counts[i]!;
    this.#count += other.#count;
    if (other.#max > this.#max) this.#max = other.#max;
  }

  /** The duration that the fraction `q` of all stay at or below: the upper end of its bucket. 0 when empty. */
  quantileUs(q: number): number {
    const wanted = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i]!;
      if (seen >= wanted) return Math.min(highestIn(i), this.#max);
    }
    return 0;
  }

  toData(): HistogramData {
    const data: HistogramData = [];
    this.#counts.forEach((count, bucket) => {
      if (count > 0) data.push([bucket, count]);
    });
    return data;
  }
}

function bucketOf(value: number): number {
  if (value < 2 * SUB) return value;
  const shift = 31 - SUB_BITS - Math.clz32(value);
  return shift * SUB + (value >> shift);
}

function highestIn(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  return ((bucket & (SUB - 1)) + SUB + 1) * 2 ** shift - 1;
}
