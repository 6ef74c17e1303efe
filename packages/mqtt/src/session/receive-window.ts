import type { AcknowledgementPacket } from '../codec/acknowledgement.ts';
import type { ProtocolVersion } from '../codec/packet.ts';
import type { PublishPacket } from '../codec/publish.ts';
import { MqttError, protocolError } from '../error.ts';
import { FIRST_FAILURE, ReasonCode } from '../reason-codes.ts';
import { AcknowledgementQueue, type Settlement } from './acknowledgement-queue.ts';

/** Of a message with QoS 2: handed on and not yet settled; PUBREC sent, waiting for PUBREL. */
type Stage = 'unsettled' | 'received';

interface ExactlyOnce {
  /** Of the PUBREC packets. */
  readonly order: AcknowledgementQueue;
  readonly stages: Map<number, Stage>;
}

/** A client of 3.1.1 has no Receive Maximum to heed: one that never sends PUBREL ends here. */
const MOST_UNRELEASED = 1_024;

export interface ReceiveWindowOptions {
  readonly version: ProtocolVersion;
  /** Our Receive Maximum. */
  readonly limit: number;
  /** Sends an answer. */
  readonly answer: (packet: AcknowledgementPacket) => void;
  /** Packet ids of a resumed session that wait for PUBREL. */
  readonly received?: readonly number[] | undefined;
}

/** Receives QoS 1 and 2: answers each PUBLISH once and in order, hands a message of QoS 2 on once (4.3), bounds what is unanswered (4.9). */
export class ReceiveWindow {
  readonly #version: ProtocolVersion;
  readonly #limit: number;
  readonly #answer: (packet: AcknowledgementPacket) => void;
  readonly #qos1 = new AcknowledgementQueue();
  #qos2: ExactlyOnce | undefined;

  constructor({ version, limit, answer, received = [] }: ReceiveWindowOptions) {
    this.#version = version;
    this.#limit = limit;
    this.#answer = answer;
    if (received.length > 0) this.#qos2 = exactlyOnce(received);
  }

  /**
   * Whether no more messages are taken in. In MQTT 5 all up to PUBCOMP count (4.9); a client of 3.1.1 is only read no further, and as its
   * PUBREL is among what is not read, those that wait for it do not count.
   */
  get isFull(): boolean {
    const ofQos2 = this.#version === 5 ? this.#qos2?.stages.size : this.#qos2?.order.length;
    return this.#qos1.length + (ofQos2 ?? 0) >= this.#limit;
  }

  /** Packet ids of QoS 2 that wait for PUBREL: session state (4.1). */
  received(): number[] {
    const ids: number[] = [];
    for (const [packetId, stage] of this.#qos2?.stages ?? []) if (stage === 'received') ids.push(packetId);
    return ids;
  }

  /** Takes in a PUBLISH of QoS 1 or 2. Whether it is new, so that it is to be handed on and later settled. */
  arrive({ qos, packetId }: PublishPacket): boolean {
    const stage = this.#qos2?.stages.get(packetId);
    if (qos === 2 && stage !== undefined) {
      this.#arriveAgain(packetId, stage);
      return false;
    }
    if (stage !== undefined || (qos === 2 && this.#qos1.has(packetId))) {
      protocolError(`packet identifier ${packetId} is in use for another QoS [MQTT-2.2.1-4]`);
    }
    if (this.isFull) {
      const text = `more than ${this.#limit} messages are unacknowledged; heed Receive Maximum [MQTT-3.3.4-7]`;
      throw new MqttError('receive-maximum-exceeded', text);
    }
    if (qos === 1) {
      this.#qos1.push(packetId);
    } else {
      this.#qos2 ??= exactlyOnce([]);
      if (this.#qos2.stages.size >= MOST_UNRELEASED) {
        throw new MqttError('quota-exceeded', `${MOST_UNRELEASED} messages wait for their PUBREL`);
      }
      this.#qos2.order.push(packetId);
      this.#qos2.stages.set(packetId, 'unsettled');
    }
    return true;
  }

  /** Says what became of a message that `arrive` took as new. */
  settle(settlement: Settlement): void {
    if (this.#qos2?.stages.get(settlement.packetId) === 'unsettled') {
      this.#qos2.order.settle(settlement, this.#emitPubrec);
    } else {
      this.#qos1.settle(settlement, this.#emitPuback);
    }
  }

  /** Takes in a PUBREL. */
  release(packetId: number): void {
    const stage = this.#qos2?.stages.get(packetId);
    if (stage === 'unsettled') protocolError(`PUBREL for packet ${packetId} before its PUBREC (4.3.3)`);
    if (this.#qos2?.order.has(packetId)) {
      protocolError(`PUBREL for packet ${packetId} while its PUBLISH, sent again, awaits PUBREC (4.3.3)`);
    }
    this.#qos2?.stages.delete(packetId);
    const reasonCode = stage === undefined ? ReasonCode.packetIdNotFound : ReasonCode.success;
    this.#answer({ type: 'pubcomp', packetId, reasonCode });
  }

  /** Sent again before PUBREL: it is one message [MQTT-4.3.3-10], whose PUBREC was lost or is still to come. */
  #arriveAgain(packetId: number, stage: Stage): void {
    if (stage === 'unsettled') return;
    const { order } = this.#qos2!;
    order.push(packetId);
    order.settle({ packetId, reasonCode: ReasonCode.success }, this.#emitPubrec);
  }

  readonly #emitPuback = (settlement: Settlement): void => {
    this.#answer({ ...settlement, type: 'puback' });
  };

  readonly #emitPubrec = (settlement: Settlement): void => {
    const { packetId, reasonCode } = settlement;
    // A refusal ends the exchange [MQTT-4.3.3-4]; 3.1.1 cannot refuse, there it runs on to PUBCOMP.
    if (this.#version === 5 && reasonCode >= FIRST_FAILURE) this.#qos2!.stages.delete(packetId);
    else this.#qos2!.stages.set(packetId, 'received');
    this.#answer({ ...settlement, type: 'pubrec' });
  };
}

function exactlyOnce(received: readonly number[]): ExactlyOnce {
  return {
    order: new AcknowledgementQueue(),
    stages: new Map(received.map((packetId) => [packetId, 'received'])),
  };
}
