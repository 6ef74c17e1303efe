/** The bits of `post_proc`: what was done to an entry, or wrote it. */
export const PostProc = {
  AUTOMATIC_REPLY: 1,
  BOT: 2,
  MASKED: 4,
  TRANSLATED: 8,
} as const;
