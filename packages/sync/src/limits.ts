import type { Millis } from '@skein/chat';

/** Every bound of the client's core, with its reason. */

/** A screen or two: what an opened conversation shows at first, and what `older` adds. */
export const pageEntries = 50;

/** What is fetched at once of a range that was missed: few round trips, and no answer that stalls a phone. */
export const catchUpEntries = 200;

/** A longer absence is not fetched whole: the newest page is shown, and what lies before it is read on demand. */
export const catchUpMost = 600;

/** Entries of one open conversation in memory: some MB, and more than a person scrolls back. */
export const windowEntries = 5_000;

/** Open views are those on the screen; more are forgotten ones. Then the one opened first is closed. */
export const openConversations = 32;

/** Rows of the list, of some hundred bytes each; the ones that changed longest ago are forgotten. */
export const conversations = 5_000;

/** Conversations asked for at once: the server's largest page. */
export const listPage = 500;

/** Live entries beyond a hole that wait for it; what is beyond them is fetched. */
export const aheadEntries = 256;

/** Live entries that wait until the server's epoch is known on this connection; the rest is fetched. */
export const heldEntries = 1_000;

/** Entries since the feed last told the counts: the feed follows within a second. */
export const recentEntries = 32;

/** Holes that a log remembers; below them the log is read from the server again. */
export const knownRanges = 32;

/** Sends that wait; more is a program gone wild, and is refused in words. */
export const outboxSends = 1_000;

/** Unanswered sends: a quarter of what the server takes from one client at a time. */
export const sendsInFlight = 16;

/** What became of a send, for those who ask later. */
export const settledSends = 256;

/** An Ack comes within a round trip and a commit; after so long it was lost on the way. */
export const ackTimeoutMs: Millis = 15_000;

/** Calls at once: browsers allow six to one host over HTTP/1.1, and two are left for the application. */
export const callsInFlight = 4;

/** Receipts gather so long: a burst of entries is one receipt. */
export const receiptDelayMs: Millis = 150;

/** Unanswered receipts. */
export const receiptsInFlight = 16;

/** The first retry comes within this; each next one within twice as long. */
export const retryBaseMs: Millis = 500;

/** A server that is back is found within this. */
export const retryMostMs: Millis = 30_000;

/** Never at once: what was refused just now would be refused again. */
export const retryLeastMs: Millis = 20;

/** Changes that wait for a transaction while storage fails; then the copy on the device is given up. */
export const unsavedEntries = 2_000;

/** Positions of others and counts are written this late: they change often and can be fetched again. */
export const lazyStoreMs: Millis = 1_000;

/** A change of the list that was lost without trace is found within this. */
export const probeMs: Millis = 60_000;

/** The feed tells of a change about as soon as the unread statistics do; after so long it was lost. */
export const feedGraceMs: Millis = 2_000;

/** A signal of typing holds for some seconds, so one in this time is enough. */
export const typingEveryMs: Millis = 3_000;

/** How long others are shown as typing unless they say so again. */
export const typingMs: Millis = 8_000;

/** Names shown as typing at most: a line of text. */
export const typingUsers = 20;
