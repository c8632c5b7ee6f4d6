import { fileURLToPath } from 'node:url';
import tailwind from '@tailwindcss/vite';
import { defineConfig, loadEnv } from 'vite';
import solid from 'vite-plugin-solid';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => {
  // Where the gateway listens while the console is developed with vite's own server.
  const { GATEWAY_URL } = loadEnv(mode, here('.'), 'GATEWAY_URL');
  const target = GATEWAY_URL ?? 'http://127.0.0.1:3000';
  return {
    root: here('.'),
    plugins: [solid(), tailwind()],
    server: {
      // The contract that both sides share lies beside this folder.
      fs: { allow: ['..'] },
      proxy: { '/api': { target }, '/socket.io': { target, ws: true } },
    },
    build: {
      outDir: here('dist'),
      emptyOutDir: true,
      target: ['chrome123', 'firefox125', 'safari17.5'],
      // ui/dev holds fixtures for developers and is no entry: it never ships.
      rolldownOptions: { input: here('index.html') },
      reportCompressedSize: true,
    },
  };
});
