import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

const OUT = 'dist/app';

/** Packs each text file once, here, so that the gateway serves the packed bytes and needs no compressor. */
const precompress = {
  name: 'precompress',
  apply: 'build',
  closeBundle() {
    for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|ttf|svg)$/.test(entry.name)) continue;
      const file = join(entry.parentPath, entry.name);
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
    }
  },
};

export default defineConfig({
  // Wherever a proxy puts it: under a path of the portal's as well.
  base: './',
  logLevel: 'warn',
  build: {
    outDir: OUT,
    // Monaco is one large module; it comes from the same machine, so its size is no news.
    chunkSizeWarningLimit: 8192,
    rolldownOptions: {
      onLog(level, log, handle) {
        // React's "use client" means nothing in a page that is all client.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
    },
  },
  worker: { format: 'es' },
  plugins: [precompress],
});
