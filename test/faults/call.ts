import type { LogEntry } from '@skein/testkit';

/** Where a server's calls are. */
export interface Callable {
  readonly url: string;
}

interface CallFailure {
  readonly code: string;
  readonly message: string;
}

/** An entry as JSON has it: 64-bit numbers as text. */
export interface EntryJson {
  readonly messageId: string;
  readonly senderId: string;
  readonly seq: string;
  readonly conversationId: string;
  readonly clientMessageId?: string;
  readonly content: string;
  readonly agentId?: string;
}

/** A call of ChatService that must succeed. @throws with what the server said */
export async function call<T>(server: Callable, token: string, method: string, request: object): Promise<T> {
  const { status, body } = await tryCall<T>(server, token, method, request);
  if (status !== 200) throw new Error(`${method}: ${status} ${JSON.stringify(body)}`);
  return body as T;
}

export async function tryCall<T>(
  server: Callable,
  token: string,
  method: string,
  request: object,
): Promise<{ readonly status: number; readonly body: T | CallFailure }> {
  const response = await fetch(`${server.url}/skein.v1.ChatService/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  });
  return { status: response.status, body: (await response.json()) as T | CallFailure };
}

/** All of a conversation that its reader may see, by seq. */
export async function readEntries(
  server: Callable,
  token: string,
  conversationId: string,
): Promise<EntryJson[]> {
  const entries: EntryJson[] = [];
  for (let afterSeq = '0'; ; afterSeq = entries.at(-1)!.seq) {
    const page = await call<{ entries?: { message?: EntryJson; service?: EntryJson }[] }>(
      server,
      token,
      'ListMessages',
      { conversationId, afterSeq, limit: 500 },
    );
    if (!page.entries?.length) return entries;
    entries.push(...page.entries.map(({ message, service }) => (message ?? service)!));
  }
}

/** The same, in the words of `checkHistory`. */
export async function readLog(server: Callable, token: string, conversationId: string): Promise<LogEntry[]> {
  const entries = await readEntries(server, token, conversationId);
  return entries.map(({ senderId, clientMessageId = '0', seq, messageId, content }) => ({
    conversationId,
    senderId,
    clientMessageId,
    seq: Number(seq),
    messageId,
    content,
  }));
}

/** Makes a group and answers its conversation. */
export async function createGroup(
  server: Callable,
  token: string,
  memberIds: readonly string[],
): Promise<string> {
  const { conversationId } = await call<{ conversationId: string }>(server, token, 'CreateGroup', {
    name: 'a group',
    memberIds,
  });
  return conversationId;
}
