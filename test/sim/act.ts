import type { Millis } from '@skein/chat';
import type { Notice } from './network.ts';
import type { Torn } from './store/slow-store.ts';

/** A device, by its user's place in the plan and its own place there. */
export interface Where {
  readonly user: number;
  readonly device: number;
}

/** What a message is about, counted back from the newest entry that the device shows. */
type Words =
  | { readonly kind: 'text'; readonly toReply?: number; readonly postProc?: number }
  | { readonly kind: 'event' | 'later type' }
  | { readonly kind: 'recall' | 'edit'; readonly back: number };

/** What people do. Rooms are by their place in the plan, groups that were made meanwhile behind them. */
export type Deed =
  | (Where & { readonly type: 'send'; readonly room: number; readonly words: Words; readonly twice: boolean })
  | (Where & { readonly type: 'burst'; readonly room: number; readonly count: number })
  | (Where & { readonly type: 'reuse key'; readonly room: number })
  | (Where & { readonly type: 'open' | 'close' | 'older' | 'read' | 'typing'; readonly room: number })
  | (Where & { readonly type: 'retry' | 'discard' })
  | (Where & { readonly type: 'call read'; readonly room: number })
  | (Where & { readonly type: 'make group'; readonly members: readonly number[] })
  | (Where & { readonly type: 'add' | 'remove'; readonly room: number; readonly member: number })
  | (Where & { readonly type: 'leave' | 'delete group'; readonly room: number });

/** What goes wrong. */
export type Fault =
  | (Where & { readonly type: 'cut'; readonly notice: Notice })
  | (Where & {
      readonly type: 'cut at next';
      readonly direction: 'up' | 'down';
      readonly notice: Notice;
    })
  | (Where & { readonly type: 'stall'; readonly direction: 'up' | 'down'; readonly forMs: Millis })
  | (Where & { readonly type: 'offline'; readonly forMs: Millis })
  | (Where & { readonly type: 'calls fail'; readonly forMs: Millis; readonly what: 'request' | 'answer' })
  | (Where & { readonly type: 'reload'; readonly torn: Torn; readonly forMs: Millis })
  | (Where & { readonly type: 'end at write'; readonly torn: Torn; readonly forMs: Millis })
  | (Where & { readonly type: 'leader dies'; readonly torn: Torn })
  | (Where & { readonly type: 'freeze'; readonly forMs: Millis })
  | (Where & { readonly type: 'storage fails'; readonly forMs: Millis })
  | (Where & { readonly type: 'evict' })
  | (Where & { readonly type: 'device clock'; readonly byMs: Millis })
  | { readonly type: 'server clock'; readonly byMs: Millis }
  | { readonly type: 'server ends'; readonly torn: Torn; readonly forMs: Millis }
  | { readonly type: 'server ends at commit'; readonly torn: Torn; readonly forMs: Millis }
  | { readonly type: 'store fails'; readonly forMs: Millis }
  | { readonly type: 'backup' }
  | { readonly type: 'restore'; readonly forMs: Millis }
  | { readonly type: 'bus'; readonly forMs: Millis; readonly how: 'loses' | 'doubles' | 'reorders' }
  | { readonly type: 'revoke'; readonly user: number; readonly forMs: Millis };

/** Between two days everybody sleeps. */
export type Night = { readonly type: 'night' } | { readonly type: 'morning' };

export type Act = { readonly at: Millis } & (Deed | Fault | Night);

const deeds: Readonly<Record<Deed['type'], true>> = {
  send: true,
  burst: true,
  'reuse key': true,
  open: true,
  close: true,
  older: true,
  read: true,
  typing: true,
  retry: true,
  discard: true,
  'call read': true,
  'make group': true,
  add: true,
  remove: true,
  leave: true,
  'delete group': true,
};

export function isDeed(act: Act): act is Act & Deed {
  return act.type in deeds;
}
