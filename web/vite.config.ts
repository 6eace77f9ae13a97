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

/** `search.html`: the page with links to the scripts of the view of a search, which a browser would otherwise find one after another. */
function searchDocument(): Plugin {
  return {
    name: 'search-document',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const page = bundle['index.html'];
        const chunks = new Map(
          Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file]] : [])),
        );
        const view = [...chunks.values()].find((chunk) => chunk.facadeModuleId?.endsWith('/search/search-view.tsx'));
        if (page?.type !== 'asset' || view === undefined) throw new Error('the view of a search is not in the bundle');
        const needed = new Set([view.fileName]);
        for (const name of needed) for (const further of chunks.get(name)!.imports) needed.add(further);
        const styles = new Set([...needed].flatMap((name) => [...(chunks.get(name)!.viteMetadata?.importedCss ?? [])]));
        const source = String(page.source);
        const links = [
          ...[...needed].map((name) => ['modulepreload', name]),
          ...[...styles].map((name) => ['stylesheet', name]),
        ].flatMap(([rel, name]) => (source.includes(name!) ? [] : [`<link rel="${rel}" crossorigin href="/${name}">`]));
        this.emitFile({
          type: 'asset',
          fileName: 'search.html',
          source: source.replace('</head>', `${links.join('')}</head>`),
        });
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), searchDocument(), compressed()],
  build: {
    outDir: output,
    emptyOutDir: true,
    target: 'es2022',
    // The chart library is one large piece that only some views load.
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        // The names of shared chunks would list all who use them.
        chunkFileNames: ({ name }) => `assets/${name.replace(/~.*/, '')}-[hash].js`,
        assetFileNames: ({ names: [name = ''] }) =>
          `assets/${name.replace(/~.*\./, '.')}-[hash][extname]`.replace(/\.\w+-/, '-'),
        // Few files: each costs the browser and the service more than its bytes do.
        codeSplitting: {
          groups: [
            { name: 'page', tags: ['$initial'], priority: 1 },
            { name: 'shared', minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 40_000 },
          ],
        },
      },
    },
  },
  // npx vite web: the page alone, as it is edited, before a service that runs.
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:3000', ws: true, changeOrigin: true } } },
});
