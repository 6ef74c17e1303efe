import { create } from '@bufbuild/protobuf';
import { MessageType } from '@skein/chat';
import {
  AddMembersRequestSchema,
  CreateGroupRequestSchema,
  DeleteGroupRequestSchema,
  MarkReadRequestSchema,
  RemoveMembersRequestSchema,
} from '@skein/protocol';
import { type Content, clientMessageId } from '@skein/sync';
import { Random } from '@skein/testkit';
import type { Deed, Where } from './act.ts';
import type { Device } from './device/device.ts';
import type { World } from './world.ts';

type DeedOf<T extends Deed['type']> = Extract<Deed, { type: T }>;

/** Does what the script says that people do. What is impossible at that moment is left undone. */
export class People {
  readonly #world: World;
  readonly #random: Random;
  #texts = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.plan.seed ^ 0xfee1);
  }

  do(deed: Deed): void {
    const device = this.#device(deed);
    if (!device.sync || device.frozen) return;
    switch (deed.type) {
      case 'send':
        this.#send(device, deed);
        break;
      case 'burst':
        for (let i = 0; i < deed.count; i++) this.#write(device, this.#room(deed.room), {}, false);
        break;
      case 'reuse key':
        this.#reuseKey(device, deed);
        break;
      case 'open':
      case 'close':
      case 'older':
      case 'typing': {
        const { type } = deed;
        this.#inRoom(deed.room, (conversationId) => device.command({ type, conversationId }));
        break;
      }
      case 'read':
        this.#inRoom(deed.room, (conversationId) => device.command({ type: 'markRead', conversationId }));
        break;
      case 'retry':
      case 'discard':
        this.#failed(device, deed.type);
        break;
      default:
        this.#call(device, deed);
    }
  }

  #device({ user, device }: Where): Device {
    return this.#world.devices[user]![device]!;
  }

  #room(room: number): string {
    const { rooms } = this.#world;
    return rooms[room] ?? rooms.at(-1) ?? '';
  }

  #inRoom(room: number, run: (conversationId: string) => void): void {
    const conversationId = this.#room(room);
    if (conversationId) run(conversationId);
  }

  #send(device: Device, { room, words, twice }: DeedOf<'send'>): void {
    const conversationId = this.#room(room);
    switch (words.kind) {
      case 'text': {
        const { kind, ...rest } = words;
        this.#write(device, conversationId, rest, twice);
        break;
      }
      case 'event':
        this.#write(device, conversationId, { messageType: MessageType.EVENT }, twice);
        break;
      case 'later type':
        this.#write(device, conversationId, { messageType: 42 }, twice);
        break;
      case 'recall':
      case 'edit': {
        const own = device.sync
          ?.conversation(conversationId)
          ?.entries.filter((entry) => entry.mine && entry.seq !== undefined);
        const targetSeq = own?.at(-1 - words.back)?.seq;
        const messageType = words.kind === 'recall' ? MessageType.RECALL : MessageType.EDIT;
        if (targetSeq !== undefined) this.#write(device, conversationId, { messageType, targetSeq }, twice);
        break;
      }
      default:
        words satisfies never;
    }
  }

  #write(device: Device, conversationId: string, words: Partial<Content>, twice: boolean): void {
    if (!conversationId) return;
    this.#texts += 1;
    const content = words.messageType === MessageType.RECALL ? '' : `text ${this.#texts}`;
    this.#give(device, conversationId, this.#key(device), { ...words, content });
    if (twice) this.#give(device, conversationId, this.#lastKey, { ...words, content });
  }

  #lastKey = '';
  /** By the time of their making. */
  readonly #keys: { readonly key: string; readonly at: number }[] = [];

  #key(device: Device): string {
    this.#lastKey = clientMessageId(device.clock, this.#random.uint32());
    this.#keys.push({ key: this.#lastKey, at: this.#world.agenda.now });
    return this.#lastKey;
  }

  #give(device: Device, conversationId: string, key: string, content: Content): void {
    this.#world.ledger.wants(device, conversationId, key, content.content);
    device.command({ type: 'send', conversationId, clientMessageId: key, content });
  }

  /** A page that takes a key twice, for another thing: the server refuses the second. */
  #reuseKey(device: Device, { room }: DeedOf<'reuse key'>): void {
    // An old one, so that the first send has most likely been answered.
    const key = this.#keys.findLast(({ at }) => at < this.#world.agenda.now - 20_000)?.key;
    this.#inRoom(room, (conversationId) => {
      if (key) this.#give(device, conversationId, key, { content: `again ${this.#texts}` });
    });
  }

  #failed(device: Device, type: 'retry' | 'discard'): void {
    for (const conversationId of this.#world.rooms) {
      const view = conversationId ? device.sync?.conversation(conversationId) : undefined;
      const failed = view?.entries.find((entry) => entry.seq === undefined && entry.state === 'failed');
      if (!failed?.clientMessageId) continue;
      this.#world.ledger.byHand(device, failed.clientMessageId, type);
      device.command({ type, clientMessageId: failed.clientMessageId });
      return;
    }
  }

  #call(device: Device, deed: Exclude<Deed, DeedOf<'send' | 'burst' | 'reuse key' | 'retry' | 'discard'>>) {
    const world = this.#world;
    const room = 'room' in deed ? this.#room(deed.room) : '';
    const pass = () => {};
    switch (deed.type) {
      case 'call read':
        if (room)
          world.request(
            device,
            (server, token) =>
              server.call(token, 'markRead', create(MarkReadRequestSchema, { conversationId: room })),
            pass,
          );
        break;
      case 'make group': {
        const memberIds = deed.members.map((user) => world.userId(user));
        this.makeGroup(device, memberIds, world.rooms.length);
        break;
      }
      case 'add':
      case 'remove':
        this.#change(device, deed.type, room, world.userId(deed.member));
        break;
      case 'leave':
        this.#change(device, 'remove', room, device.spec.userId);
        break;
      case 'delete group':
        if (room.startsWith('group:'))
          world.request(
            device,
            (server, token) =>
              server.call(token, 'deleteGroup', create(DeleteGroupRequestSchema, { conversationId: room })),
            pass,
          );
        break;
      default:
    }
  }

  #change(device: Device, type: 'add' | 'remove', conversationId: string, member: string): void {
    if (!conversationId.startsWith('group:')) return;
    const asked = { conversationId, userIds: [member] };
    this.#world.request(
      device,
      (server, token): Promise<unknown> =>
        type === 'add'
          ? server.call(token, 'addMembers', create(AddMembersRequestSchema, asked))
          : server.call(token, 'removeMembers', create(RemoveMembersRequestSchema, asked)),
      () => {},
    );
  }

  /** @param place among the rooms, where the group is to be found once it is made */
  makeGroup(device: Device, memberIds: readonly string[], place: number): void {
    const { rooms } = this.#world;
    const asked = create(CreateGroupRequestSchema, { name: 'a group', memberIds: [...memberIds] });
    this.#world.request(
      device,
      (server, token) => server.call(token, 'createGroup', asked),
      (outcome) => {
        if ('value' in outcome) rooms[place] = outcome.value.conversationId ?? '';
      },
    );
  }
}
