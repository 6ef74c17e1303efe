import { defineConfig } from 'vitest/config';

/** The environment is the suffix of a test's name; each project is one environment. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.{slow,browser,pg}.test.ts'],
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.test.ts', 'packages/*/src/**/*.slow.test.ts', '**/*.browser.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
