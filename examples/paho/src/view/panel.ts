import type { Person, PersonView } from '../person.ts';
import type { Language, Texts } from '../texts.ts';
import { Bubbles } from './bubbles.ts';
import { duration, secondOfDay } from './clock.ts';
import { h, setAttribute, setText } from './dom.ts';
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

/** One person's side: the conversation, and the line that can be cut. */
export class Panel {
  readonly element: HTMLElement;
  readonly #options: PanelOptions;
  readonly #status = h('span', { class: 'status-text', role: 'status' });
  readonly #badge = h('span', { class: 'badge' });
  readonly #waiting = h('p', { class: 'waiting', hidden: true });
  readonly #switch: HTMLElement;
  readonly #earlier: HTMLElement;
  readonly #empty = h('p', { class: 'empty' });
  readonly #bubbles: Bubbles;
  readonly #log: HTMLElement;
  readonly #typing = h('p', { class: 'typing', 'aria-live': 'polite' });
  readonly #input: HTMLTextAreaElement;
  #shownCount = 0;

  constructor(options: PanelOptions) {
    this.#options = options;
    const { person, texts, side, language } = options;
    const { name, id } = person.identity;
    this.#bubbles = new Bubbles({ userId: id, language, texts, discard: (unsent) => person.discard(unsent) });
    this.#switch = this.#makeSwitch();
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
      this.#bubbles.element,
    );
    this.#input = this.#makeInput();
    this.element = h(
      'section',
      { class: `panel ${side}`, 'aria-label': name, 'data-user': id },
      this.#makeHead(),
      this.#waiting,
      this.#log,
      this.#typing,
      h(
        'form',
        { class: 'compose', onsubmit: (event: SubmitEvent) => this.#submit(event) },
        this.#input,
        h('button', { class: 'send', type: 'submit', 'aria-label': texts.send }, icons.paperPlane()),
      ),
    );
  }

  #makeHead(): HTMLElement {
    const { person, texts, part } = this.#options;
    const { name, id } = person.identity;
    return h(
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
    );
  }

  #makeSwitch(): HTMLElement {
    const { person, texts } = this.#options;
    const props = {
      class: 'switch',
      type: 'button',
      role: 'switch',
      'aria-label': texts.lineOf(person.identity.name),
    };
    return h(
      'button',
      { ...props, onclick: () => this.#toggle() },
      h('span', { class: 'switch-label' }, texts.line),
      h('span', { class: 'switch-track' }, h('span', { class: 'switch-thumb' })),
    );
  }

  #makeInput(): HTMLTextAreaElement {
    const { person, texts } = this.#options;
    const label = texts.write(person.identity.name);
    return h('textarea', {
      rows: 1,
      'aria-label': label,
      placeholder: label,
      dir: 'auto',
      enterkeyhint: 'send',
      autocomplete: 'off',
      oninput: () => this.#written(),
      onkeydown: (event: KeyboardEvent) => this.#key(event),
    });
  }

  get person(): Person {
    return this.#options.person;
  }

  /** Somebody clicks into the conversation or types into it. Cutting its line is no visit. */
  onVisit(listener: () => void): void {
    for (const place of [this.#log, this.#input]) {
      place.addEventListener('focusin', listener);
      place.addEventListener('pointerdown', listener);
    }
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
    const count = this.#bubbles.render(view, reading);
    this.#empty.hidden = count > 0;
    if (count === 0) setText(this.#empty, this.#emptyText(view));
    if (count !== this.#shownCount && atEnd) this.#log.scrollTop = this.#log.scrollHeight;
    this.#shownCount = count;
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
