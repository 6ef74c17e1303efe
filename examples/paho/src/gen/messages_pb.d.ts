// package: 
// file: messages.proto

import * as jspb from "google-protobuf";

export class Message extends jspb.Message {
  hasMessageId(): boolean;
  clearMessageId(): void;
  getMessageId(): string | undefined;
  setMessageId(value: string): void;

  hasSenderId(): boolean;
  clearSenderId(): void;
  getSenderId(): string | undefined;
  setSenderId(value: string): void;

  hasContent(): boolean;
  clearContent(): void;
  getContent(): string | undefined;
  setContent(value: string): void;

  hasCreateTime(): boolean;
  clearCreateTime(): void;
  getCreateTime(): string | undefined;
  setCreateTime(value: string): void;

  hasReceiverId(): boolean;
  clearReceiverId(): void;
  getReceiverId(): string | undefined;
  setReceiverId(value: string): void;

  serializeBinary(): Uint8Array;
  toObject(includeInstance?: boolean): Message.AsObject;
  static toObject(includeInstance: boolean, msg: Message): Message.AsObject;
  static extensions: {[key: number]: jspb.ExtensionFieldInfo<jspb.Message>};
  static extensionsBinary: {[key: number]: jspb.ExtensionFieldBinaryInfo<jspb.Message>};
  static serializeBinaryToWriter(message: Message, writer: jspb.BinaryWriter): void;
  static deserializeBinary(bytes: Uint8Array): Message;
  static deserializeBinaryFromReader(message: Message, reader: jspb.BinaryReader): Message;
}

export namespace Message {
  export type AsObject = {
    messageId?: string,
    senderId?: string,
    content?: string,
    createTime?: string,
    receiverId?: string,
  }
}

export class ServiceMessage extends jspb.Message {
  hasMessageId(): boolean;
  clearMessageId(): void;
  getMessageId(): string | undefined;
  setMessageId(value: string): void;

  hasUserId(): boolean;
  clearUserId(): void;
  getUserId(): string | undefined;
  setUserId(value: string): void;

  hasServiceType(): boolean;
  clearServiceType(): void;
  getServiceType(): ServiceTypeMap[keyof ServiceTypeMap] | undefined;
  setServiceType(value: ServiceTypeMap[keyof ServiceTypeMap]): void;

  hasMessageType(): boolean;
  clearMessageType(): void;
  getMessageType(): MessageTypeMap[keyof MessageTypeMap] | undefined;
  setMessageType(value: MessageTypeMap[keyof MessageTypeMap]): void;

  hasContent(): boolean;
  clearContent(): void;
  getContent(): string | undefined;
  setContent(value: string): void;

  hasCreateDate(): boolean;
  clearCreateDate(): void;
  getCreateDate(): string | undefined;
  setCreateDate(value: string): void;

  hasDirection(): boolean;
  clearDirection(): void;
  getDirection(): ServiceMessageDirectionMap[keyof ServiceMessageDirectionMap] | undefined;
  setDirection(value: ServiceMessageDirectionMap[keyof ServiceMessageDirectionMap]): void;

  hasAgentId(): boolean;
  clearAgentId(): void;
  getAgentId(): string | undefined;
  setAgentId(value: string): void;

  hasPostProc(): boolean;
  clearPostProc(): void;
  getPostProc(): number | undefined;
  setPostProc(value: number): void;

  hasToReply(): boolean;
  clearToReply(): void;
  getToReply(): number | undefined;
  setToReply(value: number): void;

  hasExtend(): boolean;
  clearExtend(): void;
  getExtend(): string | undefined;
  setExtend(value: string): void;

  serializeBinary(): Uint8Array;
  toObject(includeInstance?: boolean): ServiceMessage.AsObject;
  static toObject(includeInstance: boolean, msg: ServiceMessage): ServiceMessage.AsObject;
  static extensions: {[key: number]: jspb.ExtensionFieldInfo<jspb.Message>};
  static extensionsBinary: {[key: number]: jspb.ExtensionFieldBinaryInfo<jspb.Message>};
  static serializeBinaryToWriter(message: ServiceMessage, writer: jspb.BinaryWriter): void;
  static deserializeBinary(bytes: Uint8Array): ServiceMessage;
  static deserializeBinaryFromReader(message: ServiceMessage, reader: jspb.BinaryReader): ServiceMessage;
}

export namespace ServiceMessage {
  export type AsObject = {
    messageId?: string,
    userId?: string,
    serviceType?: ServiceTypeMap[keyof ServiceTypeMap],
    messageType?: MessageTypeMap[keyof MessageTypeMap],
    content?: string,
    createDate?: string,
    direction?: ServiceMessageDirectionMap[keyof ServiceMessageDirectionMap],
    agentId?: string,
    postProc?: number,
    toReply?: number,
    extend?: string,
  }
}

export class ConversationUnread extends jspb.Message {
  hasConversationId(): boolean;
  clearConversationId(): void;
  getConversationId(): string | undefined;
  setConversationId(value: string): void;

  hasUnread(): boolean;
  clearUnread(): void;
  getUnread(): string | undefined;
  setUnread(value: string): void;

  hasLastSeq(): boolean;
  clearLastSeq(): void;
  getLastSeq(): string | undefined;
  setLastSeq(value: string): void;

  hasReadSeq(): boolean;
  clearReadSeq(): void;
  getReadSeq(): string | undefined;
  setReadSeq(value: string): void;

  hasUnreplied(): boolean;
  clearUnreplied(): void;
  getUnreplied(): boolean | undefined;
  setUnreplied(value: boolean): void;

  hasWaitingSince(): boolean;
  clearWaitingSince(): void;
  getWaitingSince(): string | undefined;
  setWaitingSince(value: string): void;

  serializeBinary(): Uint8Array;
  toObject(includeInstance?: boolean): ConversationUnread.AsObject;
  static toObject(includeInstance: boolean, msg: ConversationUnread): ConversationUnread.AsObject;
  static extensions: {[key: number]: jspb.ExtensionFieldInfo<jspb.Message>};
  static extensionsBinary: {[key: number]: jspb.ExtensionFieldBinaryInfo<jspb.Message>};
  static serializeBinaryToWriter(message: ConversationUnread, writer: jspb.BinaryWriter): void;
  static deserializeBinary(bytes: Uint8Array): ConversationUnread;
  static deserializeBinaryFromReader(message: ConversationUnread, reader: jspb.BinaryReader): ConversationUnread;
}

export namespace ConversationUnread {
  export type AsObject = {
    conversationId?: string,
    unread?: string,
    lastSeq?: string,
    readSeq?: string,
    unreplied?: boolean,
    waitingSince?: string,
  }
}

export class BaseUserUnreadStatics extends jspb.Message {
  hasUserId(): boolean;
  clearUserId(): void;
  getUserId(): string | undefined;
  setUserId(value: string): void;

  hasTotalUnread(): boolean;
  clearTotalUnread(): void;
  getTotalUnread(): string | undefined;
  setTotalUnread(value: string): void;

  clearConversationsList(): void;
  getConversationsList(): Array<ConversationUnread>;
  setConversationsList(value: Array<ConversationUnread>): void;
  addConversations(value?: ConversationUnread, index?: number): ConversationUnread;

  hasTotalUnreplied(): boolean;
  clearTotalUnreplied(): void;
  getTotalUnreplied(): string | undefined;
  setTotalUnreplied(value: string): void;

  hasFeedVersion(): boolean;
  clearFeedVersion(): void;
  getFeedVersion(): string | undefined;
  setFeedVersion(value: string): void;

  hasCreateTime(): boolean;
  clearCreateTime(): void;
  getCreateTime(): string | undefined;
  setCreateTime(value: string): void;

  serializeBinary(): Uint8Array;
  toObject(includeInstance?: boolean): BaseUserUnreadStatics.AsObject;
  static toObject(includeInstance: boolean, msg: BaseUserUnreadStatics): BaseUserUnreadStatics.AsObject;
  static extensions: {[key: number]: jspb.ExtensionFieldInfo<jspb.Message>};
  static extensionsBinary: {[key: number]: jspb.ExtensionFieldBinaryInfo<jspb.Message>};
  static serializeBinaryToWriter(message: BaseUserUnreadStatics, writer: jspb.BinaryWriter): void;
  static deserializeBinary(bytes: Uint8Array): BaseUserUnreadStatics;
  static deserializeBinaryFromReader(message: BaseUserUnreadStatics, reader: jspb.BinaryReader): BaseUserUnreadStatics;
}

export namespace BaseUserUnreadStatics {
  export type AsObject = {
    userId?: string,
    totalUnread?: string,
    conversationsList: Array<ConversationUnread.AsObject>,
    totalUnreplied?: string,
    feedVersion?: string,
    createTime?: string,
  }
}

export class Ack extends jspb.Message {
  hasClientMessageId(): boolean;
  clearClientMessageId(): void;
  getClientMessageId(): string | undefined;
  setClientMessageId(value: string): void;

  hasMessageId(): boolean;
  clearMessageId(): void;
  getMessageId(): string | undefined;
  setMessageId(value: string): void;

  hasConversationId(): boolean;
  clearConversationId(): void;
  getConversationId(): string | undefined;
  setConversationId(value: string): void;

  hasSeq(): boolean;
  clearSeq(): void;
  getSeq(): string | undefined;
  setSeq(value: string): void;

  hasCreateTime(): boolean;
  clearCreateTime(): void;
  getCreateTime(): string | undefined;
  setCreateTime(value: string): void;

  hasCode(): boolean;
  clearCode(): void;
  getCode(): number | undefined;
  setCode(value: number): void;

  hasReason(): boolean;
  clearReason(): void;
  getReason(): string | undefined;
  setReason(value: string): void;

  serializeBinary(): Uint8Array;
  toObject(includeInstance?: boolean): Ack.AsObject;
  static toObject(includeInstance: boolean, msg: Ack): Ack.AsObject;
  static extensions: {[key: number]: jspb.ExtensionFieldInfo<jspb.Message>};
  static extensionsBinary: {[key: number]: jspb.ExtensionFieldBinaryInfo<jspb.Message>};
  static serializeBinaryToWriter(message: Ack, writer: jspb.BinaryWriter): void;
  static deserializeBinary(bytes: Uint8Array): Ack;
  static deserializeBinaryFromReader(message: Ack, reader: jspb.BinaryReader): Ack;
}

export namespace Ack {
  export type AsObject = {
    clientMessageId?: string,
    messageId?: string,
    conversationId?: string,
    seq?: string,
    createTime?: string,
    code?: number,
    reason?: string,
  }
}

export class Receipt extends jspb.Message {
  hasConversationId(): boolean;
  clearConversationId(): void;
  getConversationId(): string | undefined;
  setConversationId(value: string): void;

  hasUserId(): boolean;
  clearUserId(): void;
  getUserId(): string | undefined;
  setUserId(value: string): void;

  hasKind(): boolean;
  clearKind(): void;
  getKind(): ReceiptKindMap[keyof ReceiptKindMap] | undefined;
  setKind(value: ReceiptKindMap[keyof ReceiptKindMap]): void;

  hasSeq(): boolean;
  clearSeq(): void;
  getSeq(): string | undefined;
  setSeq(value: string): void;

  hasTime(): boolean;
  clearTime(): void;
  getTime(): string | undefined;
  setTime(value: string): void;

  serializeBinary(): Uint8Array;
  toObject(includeInstance?: boolean): Receipt.AsObject;
  static toObject(includeInstance: boolean, msg: Receipt): Receipt.AsObject;
  static extensions: {[key: number]: jspb.ExtensionFieldInfo<jspb.Message>};
  static extensionsBinary: {[key: number]: jspb.ExtensionFieldBinaryInfo<jspb.Message>};
  static serializeBinaryToWriter(message: Receipt, writer: jspb.BinaryWriter): void;
  static deserializeBinary(bytes: Uint8Array): Receipt;
  static deserializeBinaryFromReader(message: Receipt, reader: jspb.BinaryReader): Receipt;
}

export namespace Receipt {
  export type AsObject = {
    conversationId?: string,
    userId?: string,
    kind?: ReceiptKindMap[keyof ReceiptKindMap],
    seq?: string,
    time?: string,
  }
}

export class Typing extends jspb.Message {
  hasConversationId(): boolean;
  clearConversationId(): void;
  getConversationId(): string | undefined;
  setConversationId(value: string): void;

  hasUserId(): boolean;
  clearUserId(): void;
  getUserId(): string | undefined;
  setUserId(value: string): void;

  hasUntil(): boolean;
  clearUntil(): void;
  getUntil(): string | undefined;
  setUntil(value: string): void;

  serializeBinary(): Uint8Array;
  toObject(includeInstance?: boolean): Typing.AsObject;
  static toObject(includeInstance: boolean, msg: Typing): Typing.AsObject;
  static extensions: {[key: number]: jspb.ExtensionFieldInfo<jspb.Message>};
  static extensionsBinary: {[key: number]: jspb.ExtensionFieldBinaryInfo<jspb.Message>};
  static serializeBinaryToWriter(message: Typing, writer: jspb.BinaryWriter): void;
  static deserializeBinary(bytes: Uint8Array): Typing;
  static deserializeBinaryFromReader(message: Typing, reader: jspb.BinaryReader): Typing;
}

export namespace Typing {
  export type AsObject = {
    conversationId?: string,
    userId?: string,
    until?: string,
  }
}

export interface ServiceTypeMap {
  SERVICE_TYPE_UNSPECIFIED: 0;
  PRESALE: 1;
  AFTERSALE: 2;
  COMPLAINT: 3;
}

export const ServiceType: ServiceTypeMap;

export interface MessageTypeMap {
  MESSAGE_TYPE_UNSPECIFIED: 0;
  TEXT: 1;
  IMAGE: 2;
  FILE: 3;
  AUDIO: 4;
  VIDEO: 5;
  CARD: 6;
  EVENT: 7;
  RECALL: 8;
  EDIT: 9;
}

export const MessageType: MessageTypeMap;

export interface ServiceMessageDirectionMap {
  DIRECTION_UNSPECIFIED: 0;
  USER_TO_AGENT: 1;
  AGENT_TO_USER: 2;
  SYSTEM: 3;
}

export const ServiceMessageDirection: ServiceMessageDirectionMap;

export interface ReceiptKindMap {
  RECEIPT_KIND_UNSPECIFIED: 0;
  DELIVERED: 1;
  READ: 2;
}

export const ReceiptKind: ReceiptKindMap;

