import { defineConfig } from 'vitest/config';

/** Where to write the counts as JSON, for a script that adds them up. */
const report = process.env.TEST_REPORT;

/** The environment is the suffix of a test's name; each project is one environment. */
export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'examples/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.{slow,browser,pg}.test.ts'],
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.test.ts', '**/*.slow.test.ts', '**/*.browser.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
