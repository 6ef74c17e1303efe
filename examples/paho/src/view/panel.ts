import type { Unsent } from '../outbox.ts';
import type { Person, PersonView } from '../person.ts';
import type { Language, Texts } from '../texts.ts';
import type { TimelineEntry } from '../timeline.ts';
import { duration, secondOfDay, timeOfDay } from './clock.ts';
import { h, keyed, setAttribute, setText } from './dom.ts';
import * as icons from './icons.ts';

export interface PanelOptions {
  readonly person: Person;
  readonly peerName: string;
  /** Beside the name: customer, agent, or nothing. */
  readonly part: 'customer' | 'agent' | undefined;
  /** Which of the two sides it is: its colour. */
  readonly side: 'left' | 'right';
  readonly language: Language;
  readonly texts: Texts;
}

/** What a bubble list shows, from top to bottom. */
type Row =
  | { readonly kind: 'entry'; readonly entry: TimelineEntry }
  | { readonly kind: 'unsent'; readonly unsent: Unsent }
  | { readonly kind: 'fresh' };

/** One person's side: the conversation, and the line that can be cut. */
export class Panel {
  readonly element: HTMLElement;
  readonly #options: PanelOptions;
  readonly #status = h('span', { class: 'status-text', role: 'status' });
  readonly #badge = h('span', { class: 'badge' });
  readonly #waiting = h('p', { class: 'waiting', hidden: true });
  readonly #switch: HTMLButtonElement;
  readonly #earlier: HTMLButtonElement;
  readonly #empty = h('p', { class: 'empty' });
  readonly #list = h('ol', { class: 'bubbles' });
  readonly #log: HTMLElement;
  readonly #typing = h('p', { class: 'typing', 'aria-live': 'polite' });
  readonly #input: HTMLTextAreaElement;
  #shownCount = 0;

  constructor(options: PanelOptions) {
    this.#options = options;
    const { person, texts, side, part } = options;
    const { name, id } = person.identity;
    this.#switch = h(
      'button',
      {
        class: 'switch',
        type: 'button',
        role: 'switch',
        'aria-label': texts.lineOf(name),
        onclick: () => this.#toggle(),
      },
      h('span', { class: 'switch-label' }, texts.line),
      h('span', { class: 'switch-track' }, h('span', { class: 'switch-thumb' })),
    );
    this.#earlier = h(
      'button',
      { class: 'quiet earlier', type: 'button', onclick: () => person.loadEarlier().catch(() => {}) },
      texts.earlier,
    );
    this.#log = h(
      'div',
      { class: 'log', role: 'log', tabindex: 0, 'aria-label': texts.conversationOf(name) },
      this.#earlier,
      this.#empty,
      this.#list,
    );
    this.#input = h('textarea', {
      rows: 1,
      'aria-label': texts.write(name),
      placeholder: texts.write(name),
      dir: 'auto',
      enterkeyhint: 'send',
      autocomplete: 'off',
      oninput: () => this.#written(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    });
    const form = h(
      'form',
      { class: 'compose', onsubmit: (event: SubmitEvent) => this.#submit(event) },
      this.#input,
      h(
        'button',
        { class: 'send', type: 'submit', 'aria-label': texts.send, title: texts.send },
        icons.paperPlane(),
      ),
    );
    this.element = h(
      'section',
      { class: `panel ${side}`, 'aria-label': name, 'data-user': id },
      h(
        'header',
        { class: 'panel-head' },
        h('span', { class: 'avatar', 'aria-hidden': 'true' }, [...name][0] ?? ''),
        h(
          'div',
          { class: 'who' },
          h('h2', {}, name, h('span', { class: 'id' }, part ? `${texts[part]} ${id}` : id), this.#badge),
          h('p', { class: 'status' }, h('span', { class: 'lamp', 'aria-hidden': 'true' }), this.#status),
        ),
        this.#switch,
      ),
      this.#waiting,
      this.#log,
      this.#typing,
      form,
    );
  }

  get person(): Person {
    return this.#options.person;
  }

  focus(): void {
    this.#input.focus();
  }

  /** Shows the person's view as it is now; also once a second, for what counts down. */
  render(reading: boolean, now: number): void {
    const { person, texts } = this.#options;
    const { view } = person;
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 60;
    this.element.dataset.status = view.status.kind;
    setText(this.#status, this.#statusText(view, now));
    setText(this.#badge, view.unread > 0 ? texts.unread(view.unread) : '');
    this.#badge.hidden = view.unread === 0;
    const waits = this.#options.part === 'agent' && view.waitingSince !== undefined;
    this.#waiting.hidden = !waits;
    if (waits) setText(this.#waiting, texts.waiting(duration(now - view.waitingSince!)));
    setAttribute(this.#switch, 'aria-checked', view.lineCut ? 'false' : 'true');
    this.#earlier.hidden = !view.hasEarlier;
    setText(this.#typing, view.peerTyping ? texts.typing(this.#options.peerName) : '');
    const rows = this.#rows(view, reading);
    const lastOwn = rows.findLast(
      (row) => row.kind === 'unsent' || (row.kind === 'entry' && this.#isOwn(row.entry)),
    );
    this.#empty.hidden = rows.length > 0;
    if (rows.length === 0) setText(this.#empty, this.#emptyText(view));
    keyed(
      this.#list,
      rows,
      rowKey,
      (row) => this.#bubble(row),
      (element, row) => {
        element.classList.toggle('last', row === lastOwn);
        this.#update(element, row, view);
      },
    );
    if (rows.length !== this.#shownCount && atEnd) this.#log.scrollTop = this.#log.scrollHeight;
    this.#shownCount = rows.length;
  }

  #statusText({ status, lineCut, entries }: PersonView, now: number): string {
    const { texts, language } = this.#options;
    switch (status.kind) {
      case 'connecting':
        return texts.connecting;
      case 'catching up':
        return texts.catchingUp;
      case 'current':
        return texts.current(entries.at(-1)?.seq ?? 0);
      case 'offline': {
        const since = secondOfDay(language, status.since);
        if (lineCut) return texts.lineCut(since);
        return texts.offline(since, Math.max(0, Math.ceil((status.retryAt - now) / 1_000)));
      }
    }
  }

  #emptyText({ status }: PersonView): string {
    const { texts, person } = this.#options;
    if (status.kind === 'current') return texts.empty(person.identity.name);
    return status.kind === 'offline' ? texts.emptyOffline : texts.emptyCatchingUp;
  }

  #rows(view: PersonView, reading: boolean): Row[] {
    const rows: Row[] = view.entries.map((entry) => ({ kind: 'entry', entry }));
    const firstNew = view.entries.findIndex((entry) => entry.seq > view.ownReadSeq && !this.#isOwn(entry));
    if (!reading && firstNew >= 0 && view.unread > 0) rows.splice(firstNew, 0, { kind: 'fresh' });
    for (const unsent of view.unsent) rows.push({ kind: 'unsent', unsent });
    return rows;
  }

  #isOwn(entry: TimelineEntry): boolean {
    return entry.senderId === this.person.identity.id;
  }

  #bubble(row: Row): HTMLElement {
    const { texts, language } = this.#options;
    if (row.kind === 'fresh') return h('li', { class: 'fresh' }, texts.fresh);
    const mine = row.kind === 'unsent' || this.#isOwn(row.entry);
    const { text, time } = row.kind === 'entry' ? row.entry : row.unsent;
    return h(
      'li',
      {
        class: mine ? 'bubble mine' : 'bubble theirs',
        'data-seq': row.kind === 'entry' ? row.entry.seq : undefined,
      },
      h('p', { class: 'text', dir: 'auto' }, text),
      h(
        'p',
        { class: 'meta' },
        row.kind === 'entry' && h('span', { class: 'seq' }, `#${row.entry.seq}`),
        h('time', { datetime: new Date(time).toISOString() }, timeOfDay(language, time)),
        mine && h('span', { class: 'state', role: 'img' }),
      ),
    );
  }

  #update(element: HTMLElement, row: Row, view: PersonView): void {
    const state = element.querySelector<HTMLElement>('.state');
    if (!state || row.kind === 'fresh') return;
    const { texts } = this.#options;
    const name =
      row.kind === 'unsent'
        ? row.unsent.refused === undefined
          ? 'sending'
          : 'refused'
        : sentState(row.entry, view);
    if (state.dataset.state === name) return;
    state.dataset.state = name;
    const label =
      name === 'refused' && row.kind === 'unsent'
        ? texts.refused(row.unsent.refused ?? '')
        : texts[name as 'read'];
    state.replaceChildren(stateIcons[name]());
    setAttribute(state, 'aria-label', label);
    setAttribute(state, 'title', label);
    if (name === 'refused' && row.kind === 'unsent') {
      const { id } = row.unsent;
      element.append(
        h(
          'p',
          { class: 'refusal' },
          label,
          h(
            'button',
            { class: 'quiet', type: 'button', onclick: () => this.person.discard(id) },
            texts.discard,
          ),
        ),
      );
    }
  }

  #toggle(): void {
    const { line } = this.person;
    if (line.isCut) line.mend();
    else line.cut();
  }

  #written(): void {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${this.#input.scrollHeight}px`;
    if (this.#input.value) this.person.typing();
  }

  #key(event: KeyboardEvent): void {
    // Enter also chooses a word in an input method: that one is not for us.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) this.#submit(event);
  }

  #submit(event: Event): void {
    event.preventDefault();
    const text = this.#input.value.trim();
    if (!text) return;
    this.person.send(text);
    this.#input.value = '';
    this.#written();
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

type SentState = 'sending' | 'refused' | 'stored' | 'delivered' | 'read';

const stateIcons: Record<SentState, () => Node> = {
  sending: icons.clock,
  refused: icons.warning,
  stored: icons.oneTick,
  delivered: icons.twoTicks,
  read: icons.twoTicks,
};

function sentState({ seq }: TimelineEntry, view: PersonView): SentState {
  if (seq <= view.readSeq) return 'read';
  return seq <= view.deliveredSeq ? 'delivered' : 'stored';
}

function rowKey(row: Row): string {
  switch (row.kind) {
    case 'entry':
      return `seq ${row.entry.seq}`;
    case 'unsent':
      return `id ${row.unsent.id}`;
    case 'fresh':
      return 'fresh';
  }
}
