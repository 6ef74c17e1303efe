import type { ConnectionView, ConversationView, ListView, SendView, UserInput } from '@skein/sync';
import type { ConnectionState } from '../connection/state.ts';
import type { SkeinErrorCode } from '../error.ts';

/** What tabs of one browser say to each other. Everything is plain data. */
export type TabMessage = FromFollower | FromLeader;

export type FromFollower =
  /** A tab wants all snapshots. */
  | { readonly type: 'hello'; readonly tab: string }
  | { readonly type: 'command'; readonly tab: string; readonly number: number; readonly input: UserInput };

export type FromLeader =
  /** From here on this tab leads. */
  | { readonly type: 'leading'; readonly leader: string }
  | {
      readonly type: 'answer';
      readonly leader: string;
      readonly tab: string;
      readonly number: number;
      readonly error?: { readonly code: SkeinErrorCode; readonly message: string };
    }
  | ({ readonly type: 'snapshots'; readonly leader: string; readonly tab?: string } & SharedSnapshots);

/** Those that changed. */
export interface SharedSnapshots {
  readonly conversations: readonly SharedConversation[];
  readonly list?: ListView;
  readonly connection?: ConnectionView;
  readonly line?: ConnectionState;
  readonly sends: readonly SendView[];
}

/** A conversation, as the change of the one before: entries between the first `kept` and the last `keptLast` are new. */
export interface SharedConversation {
  readonly view: Omit<ConversationView, 'entries'>;
  readonly kept: number;
  readonly keptLast: number;
  readonly between: ConversationView['entries'];
  /** How many entries the one before had: another number, and the tab has missed something. */
  readonly before: number;
}

/** What is needed of a BroadcastChannel. */
export interface Channel {
  postMessage(message: TabMessage): void;
  onmessage: ((event: { data: TabMessage }) => void) | null;
  close(): void;
}

/** What changed of a conversation, in few entries: a new one at the end, a state in the middle, a page at the start. */
export function shareConversation(
  before: ConversationView | undefined,
  now: ConversationView,
): SharedConversation {
  const { entries, ...view } = now;
  const old = before?.entries ?? [];
  const most = Math.min(old.length, entries.length);
  let kept = 0;
  while (kept < most && old[kept] === entries[kept]) kept++;
  let keptLast = 0;
  while (keptLast < most - kept && old[old.length - 1 - keptLast] === entries[entries.length - 1 - keptLast])
    keptLast++;
  return {
    view,
    kept,
    keptLast,
    between: entries.slice(kept, entries.length - keptLast),
    before: old.length,
  };
}

/** The snapshot that was shared; entries that did not change are the same objects. Undefined: it is not of what is there. */
export function joinConversation(
  before: ConversationView | undefined,
  { view, kept, keptLast, between, before: count }: SharedConversation,
): ConversationView | undefined {
  const old = before?.entries ?? [];
  if (kept + keptLast > 0 && old.length !== count) return undefined;
  return { ...view, entries: [...old.slice(0, kept), ...between, ...old.slice(old.length - keptLast)] };
}
