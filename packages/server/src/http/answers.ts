import type { MessageInitShape } from '@bufbuild/protobuf';
import type { MemberPositionSchema, MemberSchema } from '@skein/protocol';
import type { MemberView } from '../store/store.ts';

/** What only calls answer of a member; the rest is in `chat/wire.ts`. */

export function memberAnswer(member: MemberView): MessageInitShape<typeof MemberSchema> {
  return {
    userId: member.userId,
    ...(member.name !== undefined && { name: member.name }),
    owner: member.owner,
    joinedSeq: String(member.joined),
  };
}

export function positionAnswer(member: MemberView): MessageInitShape<typeof MemberPositionSchema> {
  return { userId: member.userId, deliveredSeq: String(member.delivered), readSeq: String(member.read) };
}
