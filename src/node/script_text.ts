declare global {
  /** The text of plugins/cluster_node_snapshot, inserted by the build. */
  const SNAPSHOT_SCRIPT: string;
}

/** The script that nodes run, asked for as `#script`: a run that only reads files does without its 48 kB. */
export const snapshotScript = SNAPSHOT_SCRIPT;
