/** Every limit of the wire, with its reason. An installation may lower or raise those that are settings. */

const KiB = 1024;

/** A client that has not sent CONNECT by then is not one: it would only hold a socket. */
export const connectTimeoutMs = 5_000;

/** A CONNECT holds a token (at most some KiB) and perhaps a will. */
export const maxConnectBytes = 16 * KiB;

/** Content, extend and room for fields of later versions. */
export const maxPacketBytes = 256 * KiB;

/** A long text is some KiB; pictures and files are uploaded and sent as links. */
export const maxContentBytes = 64 * KiB;

/** `extend` is for a few keys of the application, not for documents. */
export const maxExtendBytes = 4 * KiB;

/** All of a payload besides content and extend: known fields take less than 300 bytes. */
export const maxOverheadBytes = 4 * KiB;

/** A person types some sends a second at most; scripts that flood stop here. 0 = off. */
export const sendsPer10s = 200;

/** A paste of pictures or a reconnecting outbox sends this many at once. */
export const sendBurst = 50;

/** Typing and receipts cost little, but are not free either: this many times the allowance of sends. */
export const signalAllowance = 4;

/**
 * A page that begins reads its list, and a page and the positions of each conversation that it shows: this many times
 * the allowance of sends. What costs the server more than reading by a key counts for several.
 */
export const callAllowance = 4;

/** There are nine `in/` topics; more filters than this are a mistake. */
export const maxSubscriptions = 32;

/** Publishes of one client that await their commit; also bounds what we have on the way to a 3.1.1 client. */
export const receiveMaximum = 64;

/** What a session may have unsent; beyond it the session is fed from the log at its own pace. */
export const maxUnsentBytes = 64 * KiB;

/** A reader that takes nothing for so long is gone or hostile: its session goes on from its position. */
export const stallTimeoutMs = 10_000;

/** Longer, and a dead line is not noticed in useful time. */
export const maxKeepAliveS = 300;

/** A session that has been away longer starts anew; the log keeps what it missed. */
export const maxSessionExpiryS = 30 * 24 * 3_600;

/** Each entry raises positions and feeds of all members. */
export const maxGroupMembers = 500;

/**
 * Each member's receipt goes to all the others, so that a message costs the square of their number. In larger groups
 * positions are asked for (R4), not told.
 */
export const maxReceiptMembers = 50;

/** One transaction's share: keeps a commit short, so that p99 stays low. */
export const maxBatchEntries = 512;

/** Sends that await a commit, in all; above it a send is refused as UNAVAILABLE. */
export const maxQueuedSends = 20_000;

/** Unread statistics are for people's eyes. */
export const unreadPushIntervalMs = 200;

/** Nobody types longer without a new signal. */
export const maxTypingMs = 10_000;

export const pageEntries = { usual: 50, most: 500 } as const;
export const pageConversations = { usual: 100, most: 500 } as const;

/** Sessions of one user at a time: devices and tabs. */
export const maxSessionsPerUser = 100;

/** A call's request; uploads have a way of their own. */
export const maxRequestBytes = 256 * KiB;
