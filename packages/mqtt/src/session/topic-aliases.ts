import type { PublishPacket } from '../codec/publish.ts';
import { MqttError, protocolError } from '../error.ts';

/** The topics a peer has given numbers to, on this connection (3.3.2.3.4). */
export class TopicAliases {
  readonly #maximum: number;
  readonly #topics = new Map<number, string>();

  /** @param maximum our Topic Alias Maximum */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The packet with its topic filled in. */
  resolve(packet: PublishPacket): PublishPacket {
    const { topicAlias, topic } = packet;
    if (topicAlias === undefined) return packet;
    if (topicAlias > this.#maximum) {
      const text = `topic alias ${topicAlias} is over the ${this.#maximum} allowed; heed Topic Alias Maximum [MQTT-3.3.2-9]`;
      throw new MqttError('topic-alias-invalid', text);
    }
    if (topic !== '') {
      this.#topics.set(topicAlias, topic);
      return packet;
    }
    const known = this.#topics.get(topicAlias);
    if (known === undefined)
      return protocolError(`topic alias ${topicAlias} was never given a topic (3.3.2.3.4)`);
    return { ...packet, topic: known };
  }
}
