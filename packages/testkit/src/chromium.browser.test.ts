import { describe, expect, it } from 'vitest';
import { chromium } from './chromium.ts';
import { without } from './services.ts';

describe.skipIf(without('chromium', 'chinese_font'))('Chromium', () => {
  it('runs pages, and draws a Chinese character a whole square wide', async () => {
    const browser = await chromium();
    try {
      const page = await browser.newPage();
      await page.setContent('<style>span { font-size: 32px }</style><span id="a">等</span>');
      const width = await page.evaluate(() => document.getElementById('a')!.getBoundingClientRect().width);
      expect(width).toBeCloseTo(32, 0);
    } finally {
      await browser.close();
    }
  });
});
