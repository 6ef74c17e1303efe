import { fromJson } from '@bufbuild/protobuf';
import {
  type GetPositionsResponse,
  GetPositionsResponseSchema,
  type ListMessagesResponse,
  ListMessagesResponseSchema,
} from '@skein/protocol';
import type { Line } from './line.ts';

/** A call that went over HTTP, for whoever looks on. */
export interface CallSeen {
  readonly method: string;
  readonly request: object;
  /** Absent when no answer came. */
  readonly status?: number;
  readonly answer?: object;
}

/** The calls of `skein.v1.ChatService` that this page needs, as JSON over HTTP. */
export class ChatCalls {
  readonly #line: Line;
  readonly #token: string;
  readonly #seen: (call: CallSeen) => void;

  constructor(line: Line, token: string, seen: (call: CallSeen) => void) {
    this.#line = line;
    this.#token = token;
    this.#seen = seen;
  }

  /** A page of entries, ascending, with the head that was read before it. */
  async listMessages(request: {
    conversationId: string;
    afterSeq?: string;
    beforeSeq?: string;
    limit?: number;
  }): Promise<ListMessagesResponse> {
    return fromJson(ListMessagesResponseSchema, await this.#call('ListMessages', request), {
      ignoreUnknownFields: true,
    });
  }

  async getPositions(conversationId: string): Promise<GetPositionsResponse> {
    return fromJson(GetPositionsResponseSchema, await this.#call('GetPositions', { conversationId }), {
      ignoreUnknownFields: true,
    });
  }

  async #call(method: string, request: object) {
    let response: Response;
    try {
      response = await this.#line.fetch(`/skein.v1.ChatService/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify(request),
      });
    } catch (error) {
      this.#seen({ method, request });
      throw error;
    }
    const answer = await response.json();
    this.#seen({ method, request, status: response.status, answer });
    if (!response.ok) throw new Error(`${method}: ${answer.code}: ${answer.message}`);
    return answer;
  }
}
