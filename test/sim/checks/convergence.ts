import type { Millis } from '@skein/chat';
import { isRefusal } from '@skein/protocol';
import type { ConversationView } from '@skein/sync';
import type { Device } from '../device/device.ts';
import type { World } from '../world.ts';
import { isAmendment } from './answers.ts';
import { must, Violation } from './violation.ts';

/** Within this after the last fault everybody must see the same: a probe a minute, and the longest wait of a retry. */
const withinMs: Millis = 240_000;

const stepMs: Millis = 5_000;

/** L6: lets time pass until all views are equal and all outboxes empty or visibly failed. @throws {Violation} */
export async function converge(world: World): Promise<void> {
  for (const device of world.everyDevice) {
    for (const conversationId of world.rooms)
      if (conversationId) device.command({ type: 'open', conversationId });
  }
  const by = world.agenda.now + withinMs;
  for (;;) {
    await world.passUntil(world.agenda.now + stepMs);
    try {
      await isConverged(world);
      return;
    } catch (error) {
      if (!(error instanceof Violation) || world.agenda.now >= by) throw error;
    }
  }
}

async function isConverged(world: World): Promise<void> {
  for (const device of world.everyDevice) {
    must(device.sync !== undefined, 'L6', () => `${device.spec.name} is not open`);
    hasSent(device, world.rooms);
    await listIsTrue(world, device);
    for (const conversationId of world.rooms) {
      const view = conversationId ? device.sync!.conversation(conversationId) : undefined;
      if (view) await viewIsTrue(world, device, view);
    }
  }
  promisesWereKept(world);
}

function hasSent({ sync, spec }: Device, rooms: readonly string[]): void {
  const { state, pending, failed, keeping } = sync!.connection();
  must(state.name === 'current', 'L6', () => `${spec.name} is ${state.name}`);
  must(pending === failed, 'L6', () => {
    const views = rooms.map((id) => (id ? sync!.conversation(id) : undefined));
    const sends = views.flatMap((view) =>
      (view?.entries ?? [])
        .filter((entry) => entry.seq === undefined && entry.state !== 'failed')
        .map((entry) => `${entry.clientMessageId} in ${view!.conversationId} is '${entry.state}'`),
    );
    return `${spec.name} has ${pending - failed} sends that are not in the log: ${sends.join(', ')}`;
  });
  must(keeping, 'L6', () => `${spec.name} still keeps nothing`);
}

async function listIsTrue(world: World, { sync, spec }: Device): Promise<void> {
  const { changes } = await world.disk.feed(spec.userId, 0, 10_000);
  const list = sync!.list();
  must(list.sync.name === 'current', 'L6', () => `${spec.name}'s list is ${list.sync.name}`);
  const shown = new Map(list.conversations.map((item) => [item.conversationId, item]));
  for (const { conversationId, left, lastSeq, unread, reply } of changes) {
    const item = shown.get(conversationId);
    shown.delete(conversationId);
    if (left) {
      must(!item || item.lastSeq === 0, 'L6', () => `${spec.name} still lists ${conversationId}`);
      continue;
    }
    const said = () => `${spec.name}'s list has ${conversationId}`;
    must(item?.lastSeq === lastSeq, 'L6', () => `${said()} to ${item?.lastSeq}, not ${lastSeq}`);
    must(item.unread === unread, 'N2', () => `${said()} with ${item.unread} unread, not ${unread}`);
    must(
      item.waitingSince === reply.waiting?.time,
      'U4',
      () => `${said()} waiting since ${item.waitingSince}, not ${reply.waiting?.time}`,
    );
  }
  for (const { conversationId, lastSeq } of shown.values())
    must(lastSeq === 0, 'L6', () => `${spec.name} lists ${conversationId}, the server does not`);
}

async function viewIsTrue(world: World, { spec }: Device, view: ConversationView): Promise<void> {
  const { conversationId } = view;
  const said = () => `${spec.name} shows ${conversationId}`;
  const truth = await world.disk.members({ userId: spec.userId, role: spec.role }, conversationId);
  if (isRefusal(truth)) {
    must(view.refusal !== undefined, 'A1', () => `${said()}, and may not`);
    return;
  }
  must(!view.refusal, 'L6', () => `${said()} as refused: ${view.refusal?.reason}`);
  must(
    view.sync.name === 'current' && view.sync.seq === truth.headSeq,
    'S6',
    () => `${said()} as ${JSON.stringify(view.sync)} of ${truth.headSeq}`,
  );
  const log = world.witness.current.get(conversationId);
  const stored = view.entries.filter((entry) => entry.seq !== undefined).map(({ seq }) => seq!);
  const first = stored[0] ?? truth.headSeq + 1;
  const wanted = (log?.entries ?? [])
    .filter((seen) => seen.seq >= first && !isAmendment(seen))
    .map(({ seq }) => seq);
  must(
    stored.length === wanted.length,
    'L6',
    () => `${said()} with ${stored.length} entries from #${first} on, not ${wanted.length}`,
  );
  for (const { userId, delivered, read } of truth.members) {
    const shown = view.members.find((member) => member.userId === userId);
    // Nobody is told of who joins a group: they are seen at their first receipt.
    if (!shown && conversationId.startsWith('group:')) continue;
    must(
      shown?.delivered === delivered && shown.read === read,
      'R1',
      () => `${said()} with ${userId} at ${shown?.delivered}/${shown?.read}, not ${delivered}/${read}`,
    );
  }
  const own = truth.members.find(({ userId }) => userId === spec.userId);
  must(view.readSeq === (own?.read ?? 0), 'R1', () => `${said()} read to ${view.readSeq}, not ${own?.read}`);
}

/** Q1: what was said to be queued is stored, or failed visibly; unless the device or the store lost its memory. */
function promisesWereKept({ ledger, witness }: World): void {
  for (const { device, key, conversationId, queued, discarded } of ledger.all) {
    if (queued === undefined || discarded || queued !== device.storage.evictions) continue;
    const id = `${device.spec.userId} ${key}`;
    const wasStored = [...witness.epochs.values()].some((logs) => logs.get(conversationId)?.byKey.has(id));
    const state = device.sync?.send(key)?.state;
    must(
      wasStored || state === 'failed',
      'Q1',
      () => `${device.spec.name} said that ${key} was queued, and it is '${state ?? 'gone'}'`,
    );
  }
}
