import { fileURLToPath } from 'node:url';
import tailwind from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: '/phone/',
  plugins: [solid(), tailwind()],
  server: { proxy: { '/phone/api': { target: 'http://127.0.0.1:3200' } } },
  build: { outDir: here('dist'), emptyOutDir: true, target: ['chrome123', 'firefox125', 'safari17.5'] },
});
