import { MqttError } from '../error.ts';
import { isTopicName } from '../topic.ts';
import { decodeString } from './byte-source.ts';

/** A client publishes to a handful of topics: in Skein to message, service, receipt and typing. */
const KEPT = 4;
/** Longer topics are rare; comparing them costs as much as decoding. */
const LONGEST_KEPT = 128;

/** Decodes the topic names of PUBLISH packets and keeps the latest few, since a connection repeats them. */
export class TopicCache {
  readonly #kept: string[] = [];
  #oldest = 0;

  /** The topic name at these bytes, which is without wildcards [MQTT-3.3.2-2]. May be empty. */
  decode(bytes: Uint8Array, start: number, end: number): string {
    const kept = this.#kept;
    for (let i = 0; i < kept.length; i++) {
      if (equals(kept[i]!, bytes, start, end)) return kept[i]!;
    }
    return this.#decodeNew(bytes, start, end);
  }

  #decodeNew(bytes: Uint8Array, start: number, end: number): string {
    const topic = decodeString(bytes, start, end);
    if (topic === '') return topic;
    if (!isTopicName(topic))
      throw new MqttError('topic-name-invalid', 'a PUBLISH topic has wildcards [MQTT-3.3.2-2]');
    // As many units as bytes: all ASCII, so units and bytes can be compared one by one.
    if (topic.length === end - start && topic.length <= LONGEST_KEPT) {
      this.#kept[this.#oldest] = topic;
      this.#oldest = (this.#oldest + 1) % KEPT;
    }
    return topic;
  }
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
