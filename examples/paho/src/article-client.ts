import Paho from 'paho-mqtt';
import messages from './gen/messages_pb.js';

/** What a page is told, in Paho's own three callbacks. */
export interface ArticleHandlers {
  onConnectionLost(error: Paho.MQTTError): void;
  onMessageArrived(message: Paho.Message): void;
  onMessageDelivered(message: Paho.Message): void;
}

export interface OutgoingMessage {
  readonly messageId: string;
  readonly senderId: string;
  readonly receiverId: string;
  readonly content: string;
  readonly createTime: string;
}

export interface OutgoingServiceMessage {
  readonly messageId: string;
  readonly userId: string;
  readonly serviceType: number;
  readonly content: string;
  readonly createDate: string;
  readonly fromAgent: boolean;
}

/** The `paho-mqtt` package as it is published, and code that protoc has made of `messages.proto`: nothing of Skein. */
export class ArticleClient {
  readonly #client: Paho.Client;
  readonly #userId: string;

  constructor(host: string, port: number, clientId: string, userId: string, handlers: ArticleHandlers) {
    this.#userId = userId;
    this.#client = new Paho.Client(host, port, '/mqtt', clientId);
    this.#client.onConnectionLost = handlers.onConnectionLost;
    this.#client.onMessageArrived = handlers.onMessageArrived;
    this.#client.onMessageDelivered = handlers.onMessageDelivered;
  }

  get connected(): boolean {
    return this.#client.isConnected();
  }

  connect(token: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.connect({
        userName: this.#userId,
        password: token,
        useSSL: location.protocol === 'https:',
        keepAliveInterval: 30,
        timeout: 5,
        onSuccess: () => resolve(),
        onFailure: (error) => reject(new Error(error.errorMessage)),
      });
    });
  }

  /** Resolves once the server has said SUBACK: from then on nothing new can be missed. */
  subscribe(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client.subscribe(`skein/v1/${this.#userId}/in/#`, {
        qos: 1,
        onSuccess: () => resolve(),
        onFailure: (error) => reject(new Error(error.errorMessage)),
      });
    });
  }

  sendMsg(outgoing: OutgoingMessage): void {
    const message = new messages.Message();
    message.setMessageId(outgoing.messageId);
    message.setSenderId(outgoing.senderId);
    message.setContent(outgoing.content);
    message.setCreateTime(outgoing.createTime);
    message.setReceiverId(outgoing.receiverId);
    this.publish('message', message.serializeBinary(), 1);
  }

  sendServiceMsg(outgoing: OutgoingServiceMessage): void {
    const { USER_TO_AGENT, AGENT_TO_USER } = messages.ServiceMessageDirection;
    const message = new messages.ServiceMessage();
    message.setMessageId(outgoing.messageId);
    message.setUserId(outgoing.userId);
    message.setServiceType(outgoing.serviceType as 1);
    message.setMessageType(messages.MessageType.TEXT);
    message.setContent(outgoing.content);
    message.setCreateDate(outgoing.createDate);
    message.setDirection(outgoing.fromAgent ? AGENT_TO_USER : USER_TO_AGENT);
    if (outgoing.fromAgent) message.setAgentId(this.#userId);
    this.publish('service', message.serializeBinary(), 1);
  }

  publish(name: 'message' | 'service' | 'receipt' | 'typing', payload: Uint8Array, qos: 0 | 1): void {
    const message = new Paho.Message(payload);
    message.destinationName = `skein/v1/${this.#userId}/out/${name}`;
    message.qos = qos;
    this.#client.send(message);
  }
}
