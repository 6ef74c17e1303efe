import type { Fault, Night, Where } from './act.ts';
import type { Witness } from './checks/witness.ts';
import type { Device } from './device/device.ts';
import type { ModelData } from './store/model-data.ts';
import type { World } from './world.ts';

/** Makes go wrong what the script says, and in the end makes everything good again. */
export class Troubles {
  readonly #world: World;
  #backup: { readonly data: ModelData; readonly seen: ReturnType<Witness['backup']> } | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  make(fault: Fault | Night): void {
    if ('device' in fault) this.#atDevice(fault, this.#device(fault));
    else this.#atServer(fault);
  }

  #device({ user, device }: Where): Device {
    return this.#world.devices[user]![device]!;
  }

  #atDevice(fault: Extract<Fault, Where>, device: Device): void {
    const world = this.#world;
    const { agenda } = world;
    switch (fault.type) {
      case 'cut':
        device.cut(fault.notice);
        break;
      case 'cut at next':
        device.cutAtNext(fault.direction, fault.notice);
        break;
      case 'stall':
        device.line?.stall(fault.direction, agenda.now + fault.forMs);
        break;
      case 'offline':
        device.offlineUntil = agenda.now + fault.forMs;
        device.cut({ clientMs: 0, serverMs: undefined });
        break;
      case 'calls fail':
        world.callsFail.set(device, { what: fault.what, untilMs: agenda.now + fault.forMs });
        break;
      case 'reload':
        this.#reload(device, fault.torn, fault.forMs);
        break;
      case 'end at write':
        device.endAtWrite = () => {
          world.reached.add('a page ended while it wrote');
          this.#reload(device, fault.torn, fault.forMs);
        };
        break;
      case 'leader dies':
        if (device.spec.tabs > 1) world.reached.add('another tab took over');
        device.failOver(fault.torn);
        break;
      case 'freeze':
        device.freeze(fault.forMs);
        world.reached.add('a frozen page woke up');
        break;
      case 'storage fails':
        device.storage.failsUntil = agenda.now + fault.forMs;
        break;
      case 'evict':
        // A browser makes room where no page is open.
        device.end('lost');
        device.storage.evict();
        world.reached.add('a device forgot everything');
        device.open();
        break;
      case 'device clock':
        device.setClock(device.clockErrorMs + fault.byMs);
        break;
      default:
        fault satisfies never;
    }
  }

  #reload(device: Device, torn: 'kept' | 'lost', forMs: number): void {
    device.end(torn);
    this.#world.agenda.after(forMs, () => device.open());
  }

  #atServer(fault: Exclude<Fault, Where> | Night): void {
    const world = this.#world;
    const { agenda } = world;
    switch (fault.type) {
      case 'server clock':
        world.serverClockErrorMs += fault.byMs;
        break;
      case 'server ends':
        this.#restart(fault.torn, fault.forMs);
        break;
      case 'server ends at commit':
        if (world.store) world.store.endAtCommit = () => this.#restart(fault.torn, fault.forMs);
        break;
      case 'store fails':
        if (world.store) world.store.failsUntil = agenda.now + fault.forMs;
        break;
      case 'backup':
        this.#backup = { data: world.data.copy(''), seen: world.witness.backup() };
        break;
      case 'restore':
        if (!this.#backup) return;
        world.endServer('lost');
        world.restore(this.#backup.data, this.#backup.seen);
        agenda.after(fault.forMs, () => world.startServer());
        break;
      case 'bus':
        world.busFault = { how: fault.how, untilMs: agenda.now + fault.forMs };
        break;
      case 'revoke':
        world.revoke(fault.user, fault.forMs);
        break;
      case 'night':
        for (const device of world.everyDevice) device.end('kept');
        break;
      case 'morning':
        for (const device of world.everyDevice) device.open();
        break;
      default:
        fault satisfies never;
    }
  }

  #restart(torn: 'kept' | 'lost', forMs: number): void {
    const world = this.#world;
    world.endServer(torn);
    world.agenda.after(forMs, () => world.startServer());
  }

  /** From now on nothing goes wrong any more. What is broken is mended. */
  heal(): void {
    const world = this.#world;
    world.busFault = undefined;
    world.callsFail.clear();
    world.witness.revoked.clear();
    if (world.store) {
      world.store.failsUntil = 0;
      world.store.endAtCommit = undefined;
    }
    world.startServer();
    for (const device of world.everyDevice) {
      device.storage.failsUntil = 0;
      device.offlineUntil = 0;
      device.endAtWrite = undefined;
      device.open();
    }
  }
}
