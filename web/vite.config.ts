import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin, type Rolldown } from 'vite';

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
        const schemas = [...needed].filter((name) =>
          chunks.get(name)!.moduleIds.some((id) => id.includes('/node_modules/zod/')),
        );
        // Views of one search have no use for them, and they would cost a tenth of a second.
        if (schemas.length > 0) throw new Error(`the view of a search loads zod, in ${schemas.join(', ')}`);
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

/** uPlot without the formats of the browser's language: no chart of this page uses them, and the first use of `Intl` takes 30 to 90 ms. */
function uplotWithoutIntl(): Plugin {
  const replacements = [
    ["new Intl.NumberFormat(domEnv ? nav.language : 'en-US')", '{ format: String }'],
    ['new Intl.DateTimeFormat().resolvedOptions().timeZone', 'undefined'],
  ] as const;
  return {
    name: 'uplot-without-intl',
    apply: 'build',
    transform: {
      filter: { id: /[/\\]uPlot\.esm\.js$/ },
      handler: (code) =>
        replacements.reduce((before, [from, to]) => {
          const after = before.replace(from, to);
          if (after === before)
            throw new Error(`uPlot no longer has ${from}: see whether it still needs to be replaced`);
          return after;
        }, code),
    },
  };
}

/** Whether the view of a search needs a module before it can be rendered. */
function isNeededBySearch(id: string, context: Rolldown.ChunkingContext, seen = new Set<string>()): boolean {
  if (id.endsWith('/search/search-view.tsx')) return true;
  seen.add(id);
  const importers = context.getModuleInfo(id)?.importers ?? [];
  return importers.some((importer) => !seen.has(importer) && isNeededBySearch(importer, context, seen));
}

export default defineConfig({
  plugins: [react(), uplotWithoutIntl(), searchDocument(), compressed()],
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
            { name: 'page', tags: ['$initial'], priority: 2 },
            // Apart from what only other views need, such as the schemas of specifications: reading those takes 0.1 s.
            { name: (id, context) => (isNeededBySearch(id, context) ? 'search' : null), minShareCount: 2, priority: 1 },
            { name: 'shared', minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 40_000 },
          ],
        },
      },
    },
  },
  // npx vite web: the page alone, as it is edited, before a service that runs.
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:3000', ws: true, changeOrigin: true } } },
});
