import type { UserId } from '@skein/protocol';
import type { Role, SavedSession } from '@skein/server/parts';
import type { Member, Room } from './room.ts';

export interface User {
  role: Role | undefined;
  name: string | undefined;
  /** Of the user's feed. */
  version: number;
}

/** What a model store keeps: the disk, so to speak. */
export class ModelData {
  readonly epoch: string;
  readonly rooms = new Map<string, Room>();
  readonly users = new Map<UserId, User>();
  readonly sessions = new Map<string, SavedSession>();
  /** Of the last entry. */
  lastId = 0n;
  /** The last id that was given out, to an entry or a group. */
  lastGiven = 0n;
  readonly #roomsOf = new Map<UserId, Set<Room>>();

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  /** A backup of all that is here, to be restored as another epoch. */
  copy(epoch: string): ModelData {
    const copy = new ModelData(epoch);
    copy.lastId = this.lastId;
    copy.lastGiven = this.lastGiven;
    for (const room of this.rooms.values()) {
      copy.add(room.copy());
      for (const userId of room.members.keys()) copy.#isIn(userId, copy.rooms.get(room.id)!);
    }
    for (const [id, user] of this.users) copy.users.set(id, { ...user });
    for (const [key, session] of this.sessions) copy.sessions.set(key, session);
    return copy;
  }

  add(room: Room): Room {
    this.rooms.set(room.id, room);
    return room;
  }

  get roomList(): Room[] {
    return [...this.rooms.values()];
  }

  user(id: UserId): User {
    let user = this.users.get(id);
    if (!user) {
      user = { role: undefined, name: undefined, version: 0 };
      this.users.set(id, user);
    }
    return user;
  }

  servants(): UserId[] {
    return [...this.users].filter(([, { role }]) => serves(role)).map(([id]) => id);
  }

  /** Those that somebody is in, or has left. */
  roomsOf(userId: UserId): Room[] {
    const known = this.#roomsOf.get(userId);
    return known ? [...known] : [];
  }

  /** What the member sees has changed. */
  bump(member: Member): void {
    const user = this.user(member.userId);
    user.version += 1;
    member.version = user.version;
  }

  #isIn(userId: UserId, room: Room): void {
    let rooms = this.#roomsOf.get(userId);
    if (!rooms) {
      rooms = new Set();
      this.#roomsOf.set(userId, rooms);
    }
    rooms.add(room);
  }

  /** Makes somebody a member, from the head on (N3). */
  join(room: Room, userId: UserId, owner = false): void {
    this.bump(room.join(userId, owner));
    this.#isIn(userId, room);
  }
}

export function serves(role: Role | undefined): boolean {
  return role !== undefined && role !== 'customer';
}
