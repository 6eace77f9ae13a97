import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const output = join(import.meta.dirname, '..', 'dist', 'web');

/** Compressed once, here, and not for every visitor: the API hands out whichever a browser takes. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      for (const name of readdirSync(output, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const file = join(output, name);
        const bytes = readFileSync(file);
        // At the highest quality, which is the default.
        writeFileSync(`${file}.br`, brotliCompressSync(bytes));
        writeFileSync(`${file}.gz`, gzipSync(bytes));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2022',
    // The chart library is one large piece that only some views load.
    chunkSizeWarningLimit: 1200,
  },
  // npx vite web: the page alone, as it is edited, before a service that runs.
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:3000', ws: true, changeOrigin: true } } },
});
