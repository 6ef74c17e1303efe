/**
 * The payload of a send, skein.v1.Message with 128 bytes of text, laid out so that a prebuilt copy needs only its
 * ids, its time and its number patched in. The text begins with who sent it and the how-manieth it is, so that the
 * receiver can tell a double and a stray from the message that is due.
 */
import { varint } from './varint.ts';

export const TEXT_BYTES = 128;
const SENDER_CHARS = 3;
const NUMBER_CHARS = 5;
/** Numbers of messages are below this; enough for an hour at 250,000 a second from one client. */
export const NUMBERS = 64 ** NUMBER_CHARS;

const ID_BYTES = 9;
const TIME_BYTES = 6;
const FIELD = { messageId: 0x08, senderId: 0x10, content: 0x1a, createTime: 0x20, receiverId: 0x28 } as const;
const LENGTH_OF_TEXT = varint(TEXT_BYTES);

export interface MessageTemplate {
  bytes: Uint8Array;
  messageIdAt: number;
  createTimeAt: number;
  numberAt: number;
}

/** A Message from one user to another; `sender` is the client's index in the fleet, written into the text. */
export function messageTemplate(senderId: number, receiverId: number, sender: number): MessageTemplate {
  const head = [FIELD.messageId, ...new Array<number>(ID_BYTES).fill(0), FIELD.senderId, ...varint(senderId)];
  const text = new Uint8Array(TEXT_BYTES).fill('.'.charCodeAt(0));
  writeChars(text, 0, sender, SENDER_CHARS);
  const contentAt = head.length + 1 + LENGTH_OF_TEXT.length;
  const createTimeAt = contentAt + TEXT_BYTES + 1;
  const bytes = Uint8Array.from([
    ...head,
    FIELD.content,
    ...LENGTH_OF_TEXT,
    ...text,
    FIELD.createTime,
    ...new Array<number>(TIME_BYTES).fill(0),
    FIELD.receiverId,
    ...varint(receiverId),
  ]);
  return { bytes, messageIdAt: 1, createTimeAt, numberAt: contentAt + SENDER_CHARS };
}

/** Message ids of one generator: `ms << 22 | counter`, unique and growing. */
export class MessageIds {
  #ms = 0;
  #counter = 0;

  /** Writes the next id at `at`, as a varint of 9 bytes (63 bits: right from 2004 to 2039). */
  write(bytes: Uint8Array, at: number, now: number): void {
    if (now > this.#ms) {
      this.#ms = now;
      this.#counter = 0;
    } else if (this.#counter === 0x3fffff) {
      this.#ms++;
      this.#counter = 0;
    } else {
      this.#counter++;
    }
    const counter = this.#counter;
    const low = this.#ms % 0x8000000;
    const high = (this.#ms - low) / 0x8000000;
    bytes[at] = counter | 128;
    bytes[at + 1] = (counter >> 7) | 128;
    bytes[at + 2] = (counter >> 14) | 128;
    bytes[at + 3] = (counter >> 21) | (low << 1) | 128;
    bytes[at + 4] = (low >> 6) | 128;
    bytes[at + 5] = (low >> 13) | 128;
    bytes[at + 6] = (low >> 20) | 128;
    bytes[at + 7] = high | 128;
    bytes[at + 8] = (high >> 7) & 127;
  }
}

/** Writes Unix milliseconds at `at`, as a varint of 6 bytes. */
export function writeTime(bytes: Uint8Array, at: number, ms: number): void {
  const low = ms % 0x8000000;
  const high = (ms - low) / 0x8000000;
  bytes[at] = low | 128;
  bytes[at + 1] = (low >> 7) | 128;
  bytes[at + 2] = (low >> 14) | 128;
  bytes[at + 3] = (low >> 21) | ((high & 1) << 6) | 128;
  bytes[at + 4] = (high >> 1) | 128;
  bytes[at + 5] = (high >> 8) & 127;
}

export function writeNumber(bytes: Uint8Array, at: number, number: number): void {
  writeChars(bytes, at, number, NUMBER_CHARS);
}

/** Where the text of a Message in `bytes[from, to)` begins, or -1. Fast where the fields lie as they were sent. */
export function findText(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const tag = bytes[at++]!;
    if (tag === FIELD.content) {
      const inPlace = bytes[at] === LENGTH_OF_TEXT[0] && bytes[at + 1] === LENGTH_OF_TEXT[1];
      return inPlace && at + LENGTH_OF_TEXT.length + TEXT_BYTES <= to ? at + LENGTH_OF_TEXT.length : -1;
    }
    if (tag >= 128 || (tag & 7) !== 0) return -1;
    while (bytes[at++]! >= 128);
  }
  return -1;
}

/** The index of the client that wrote the text at `textAt`. */
export function readSender(bytes: Uint8Array, textAt: number): number {
  return readChars(bytes, textAt, SENDER_CHARS);
}

export function readNumber(bytes: Uint8Array, textAt: number): number {
  return readChars(bytes, textAt + SENDER_CHARS, NUMBER_CHARS);
}

/** Six bits a character, from '0' up: plain ASCII, since the content is text. */
function writeChars(bytes: Uint8Array, at: number, value: number, count: number): void {
  for (let i = 0; i < count; i++) bytes[at + i] = ((value >> (6 * i)) & 63) + 48;
}

function readChars(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value |= (bytes[at + i]! - 48) << (6 * i);
  return value;
}
