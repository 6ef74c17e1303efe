import { direct, service } from './conversation.ts';
import { type Demo, fetchDemo } from './demo.ts';
import { Person } from './person.ts';
import { type Language, preferredLanguage, rememberLanguage, type Texts, texts as textsOf } from './texts.ts';
import { h } from './view/dom.ts';
import { logo } from './view/icons.ts';
import { Panel, type PanelOptions } from './view/panel.ts';
import { recipe } from './view/recipe.ts';
import { WireView } from './view/wire-view.ts';
import { Wire } from './wire.ts';

type Scene = 'people' | 'service';

const presale = 1;
const wire = new Wire();
const root = document.querySelector('#app')!;
const started = new Map<Scene, readonly [Person, Person]>();

let language = preferredLanguage();
let scene: Scene = location.hash === '#service' ? 'service' : 'people';
let panels: readonly Panel[] = [];
let reader: Panel | undefined;
let wireView: WireView | undefined;
let drawing = false;

/** The two people of a scene, who stay connected once they are. */
function peopleOf(name: Scene, demo: Demo): readonly [Person, Person] | undefined {
  const known = started.get(name);
  if (known) return known;
  const { customer, agent } = demo;
  const [first, second] = demo.people;
  let pair: readonly [Person, Person];
  if (name === 'people') {
    pair = [
      new Person(first, direct(first.id, second.id), wire),
      new Person(second, direct(second.id, first.id), wire),
    ];
  } else {
    if (!customer || !agent) return undefined;
    pair = [
      new Person(customer, service(customer.id, customer.id, presale, agent.id), wire),
      new Person(agent, service(agent.id, customer.id, presale, customer.id), wire),
    ];
  }
  started.set(name, pair);
  for (const person of pair) {
    person.subscribe(draw);
    person.start();
  }
  return pair;
}

/** Draws what has changed, once for all that changes in one turn. */
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const now = Date.now();
    for (const panel of panels) panel.render(panel === reader, now);
    wireView?.render();
  });
}

/** Whoever was last clicked or typed into is reading, as long as the page is on the screen. */
function read(panel: Panel | undefined): void {
  reader = panel;
  for (const { person } of panels) person.setReading(person === reader?.person && !document.hidden);
  draw();
}

function show(demo: Demo): void {
  const texts = textsOf[language];
  const pair = peopleOf(scene, demo);
  if (!pair) return;
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = texts.title;
  panels = pair.map((person, i) => new Panel(panelOptions(person, pair[1 - i]!, i, texts)));
  for (const panel of panels) panel.onVisit(() => read(panel));
  const [left, right] = pair;
  const sides = new Map([
    [left.identity.id, 'left'],
    [right.identity.id, 'right'],
  ]);
  wireView = new WireView(wire, texts, sides);
  const [first, second] = demo.people;
  root.replaceChildren(
    head(texts, demo),
    h(
      'main',
      {},
      h('p', { class: 'tagline' }, scene === 'people' ? texts.tagline : texts.taglineService),
      h('div', { class: 'stage' }, ...panels.map(({ element }) => element)),
      h(
        'div',
        { class: 'below' },
        wireView.element,
        h('div', { class: 'aside' }, tries(texts), recipe(texts, first.id, second.id)),
      ),
    ),
  );
  read(panels[0]);
}

function panelOptions(person: Person, peer: Person, index: number, texts: Texts): PanelOptions {
  const part = scene === 'people' ? undefined : index === 0 ? 'customer' : 'agent';
  const side = index === 0 ? 'left' : 'right';
  return { person, peerName: peer.identity.name, part, side, language, texts };
}

function head(texts: Texts, demo: Demo): HTMLElement {
  const tab = (name: Scene, label: string) =>
    h(
      'button',
      {
        type: 'button',
        class: 'tab',
        'aria-pressed': `${scene === name}`,
        onclick: () => switchTo(name, demo),
      },
      label,
    );
  return h(
    'header',
    { class: 'top' },
    h('h1', {}, logo(), 'Skein'),
    h(
      'nav',
      { 'aria-label': texts.tabs },
      tab('people', texts.tabPeople),
      demo.customer && demo.agent && tab('service', texts.tabService),
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        lang: language === 'zh' ? 'en' : 'zh-CN',
        onclick: () => speak(language === 'zh' ? 'en' : 'zh', demo),
      },
      texts.otherLanguage,
    ),
  );
}

function tries(texts: Texts): HTMLElement {
  const items = scene === 'people' ? texts.tries : texts.triesService;
  return h(
    'section',
    { class: 'tries', 'aria-labelledby': 'tries-title' },
    h('h2', { id: 'tries-title' }, texts.tryThis),
    h('ul', {}, ...items.map((item) => h('li', {}, item))),
  );
}

function switchTo(name: Scene, demo: Demo): void {
  for (const { person } of panels) person.setReading(false);
  scene = name;
  history.replaceState(undefined, '', name === 'service' ? '#service' : '#');
  show(demo);
}

function speak(next: Language, demo: Demo): void {
  language = next;
  rememberLanguage(next);
  show(demo);
}

function showNoDemo(): void {
  const texts = textsOf[language];
  root.replaceChildren(
    h(
      'main',
      { class: 'nothing' },
      h('h1', {}, logo(), 'Skein'),
      h('p', {}, texts.noDemo),
      h('p', { class: 'hint' }, texts.noDemoHint),
    ),
  );
}

const demo = await fetchDemo();
if (demo) {
  show(demo);
  wire.subscribe(draw);
  document.addEventListener('visibilitychange', () => read(reader));
  setInterval(draw, 1_000);
} else {
  showNoDemo();
}
