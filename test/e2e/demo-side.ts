import type { Locator, Page } from 'playwright-core';

/** One of the two people on the demo's page. */
export class Side {
  readonly root: Locator;

  constructor(page: Page, side: 'left' | 'right') {
    this.root = page.locator(`.panel.${side}`);
  }

  async say(text: string): Promise<void> {
    const input = this.root.locator('textarea');
    await input.fill(text);
    await input.press('Enter');
  }

  goThere(): Promise<void> {
    return this.root.locator('textarea').focus();
  }

  /** Cuts the line to the server, or mends it. */
  flipLine(): Promise<void> {
    return this.root.getByRole('switch').click();
  }

  status(): Promise<string | null> {
    return this.root.getAttribute('data-status');
  }

  /** Number and text of what is stored, in the order shown. */
  shown(): Promise<string[]> {
    return this.root
      .locator('.bubble[data-seq]')
      .evaluateAll((elements) =>
        elements.map(
          (element) => `${element.getAttribute('data-seq')} ${element.querySelector('.text')?.textContent}`,
        ),
      );
  }

  /** How many messages are shown that are not stored. */
  unsent(): Promise<number> {
    return this.root.locator('.bubble:not([data-seq])').count();
  }

  /** What the ticks of one's own messages say. */
  states(): Promise<(string | null)[]> {
    return this.root
      .locator('.mine .state')
      .evaluateAll((elements) => elements.map((element) => element.getAttribute('data-state')));
  }

  badge(): Promise<string | null> {
    return this.root.locator('.badge').textContent();
  }
}
