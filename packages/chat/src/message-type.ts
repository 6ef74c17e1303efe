/** The numbers of the schema's enum `MessageType`, here so that the rules need no protobuf. */
export const MessageType = {
  UNSPECIFIED: 0,
  TEXT: 1,
  IMAGE: 2,
  FILE: 3,
  AUDIO: 4,
  VIDEO: 5,
  CARD: 6,
  EVENT: 7,
  RECALL: 8,
  EDIT: 9,
} as const;

/**
 * Whether an entry of this type says something of its own. Events, recalls and edits do not; types of a later
 * version do, so that nobody misses what this version cannot show.
 */
export function isMessage(messageType: number): boolean {
  return messageType !== MessageType.EVENT && !isAmendment(messageType);
}

/** Whether an entry of this type is about an earlier one, whose place it does not take (O6). */
export function isAmendment(messageType: number): boolean {
  return messageType === MessageType.RECALL || messageType === MessageType.EDIT;
}
