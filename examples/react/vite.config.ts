import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where tokens come from: the back end of the plain example, in place of your own. */
const { BACK_END = 'http://127.0.0.1:3000' } = process.env;

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/chat-token': BACK_END } },
});
