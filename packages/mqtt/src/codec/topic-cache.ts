import { MqttError } from '../error.ts';
import { decodeString } from './byte-source.ts';

/** A power of two. A client publishes to a handful of topics: in Skein to message, service, receipt and typing. */
const SLOTS = 16;
/** Longer topics are rare and not worth their memory on every connection. */
const LONGEST_KEPT = 128;

const NUMBER_SIGN = 0x23;
const PLUS_SIGN = 0x2b;

/** Decodes the topic names of PUBLISH packets and keeps some, since a connection repeats them. */
export class TopicCache {
  #slots: string[] | undefined;

  /** The topic name at these bytes, which is without wildcards [MQTT-3.3.2-2]. May be empty. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length < 4 || length > LONGEST_KEPT) return decodeName(bytes, start, end);
    this.#slots ??= new Array<string>(SLOTS).fill('');
    // Topics of one connection differ at their ends, so a few bytes tell their places.
    const slot =
      (length ^
        bytes[end - 1]! ^
        (bytes[end - 2]! << 1) ^
        (bytes[end - 4]! << 2) ^
        bytes[start + (length >> 1)]!) %
      SLOTS;
    const kept = this.#slots[slot]!;
    if (equals(kept, bytes, start, end)) return kept;
    const topic = decodeName(bytes, start, end);
    // As many units as bytes: all ASCII, so units and bytes can be compared one by one.
    if (topic.length === length) this.#slots[slot] = topic;
    return topic;
  }
}

function decodeName(bytes: Uint8Array, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    if (bytes[i] === NUMBER_SIGN || bytes[i] === PLUS_SIGN) {
      throw new MqttError('topic-name-invalid', 'a PUBLISH topic has wildcards [MQTT-3.3.2-2]');
    }
  }
  return decodeString(bytes, start, end);
}

function equals(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (text.length !== length) return false;
  // From the end: topics of one connection begin alike.
  for (let i = length - 1; i >= 0; i--) {
    if (text.charCodeAt(i) !== bytes[start + i]) return false;
  }
  return true;
}
