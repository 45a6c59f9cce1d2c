/**
 * Loads node:cluster without what a primary process needs of it. A datagram socket that is bound loads that module, and
 * with it node:child_process, node:net and node:stream: a tenth of the time of a check, for nothing. A worker's part
 * of it is small, and Node takes a process for a worker by NODE_UNIQUE_ID alone (documented at cluster.isPrimary). Sockets
 * look at isWorker, so it is set right again. Does nothing in a process that has loaded it before, or is a worker.
 */
export async function loadNodeCluster(): Promise<void> {
  if ('NODE_UNIQUE_ID' in process.env) return;
  process.env['NODE_UNIQUE_ID'] = '';
  try {
    const { default: cluster } = await import('node:cluster');
    Object.assign(cluster, { isWorker: false, isMaster: true, isPrimary: true });
  } finally {
    // A child must not take itself for a worker.
    delete process.env['NODE_UNIQUE_ID'];
  }
}
