import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const script = readFileSync(new URL('plugins/cluster_node_snapshot', import.meta.url), 'utf8');

export default defineConfig({
  define: { SNAPSHOT_SCRIPT: JSON.stringify(script) },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 150_000,
    // More workers than this, and packets come late on a machine of two cores.
    maxWorkers: 2,
    // Concurrent tests mostly wait for programs that they have started.
    maxConcurrency: 4,
    hookTimeout: 120_000,
  },
});
