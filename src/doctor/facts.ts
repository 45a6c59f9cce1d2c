import type { Result } from '../plugin/index.ts';
import type { Snapshot } from '../snapshot/index.ts';

/** The machine and the account that ask. */
export type Here = {
  /** Who runs the doctor. */
  readonly user: string;
  /** The home of that account. */
  readonly home: string;
  /** The account that runs the checks; null where this machine has none of the usual names. */
  readonly account: string | null;
  /** The command as it was called, less secrets. */
  readonly command: readonly string[];
  /** Whether this machine has that account. */
  readonly hasAccount: boolean;
  /** The secrets that were left out of `command`, as the variables of the environment that they are also taken from. */
  readonly secretsLeftOut: readonly string[];
  /** Whether the environment named an agent for ssh (SSH_AUTH_SOCK), which was left out. */
  readonly hadAgent: boolean;
  /** The snapshot script of this release as a file; null where it does not lie beside the doctor. */
  readonly scriptFile: string | null;
  /** The release of the snapshot script that the doctor sends along. */
  readonly scriptVersion: string;
  /** Where connections stay open for later checks, or why that place will not do; null where that is not asked for. */
  readonly sharedFolder: Result<string> | null;
};

/** What came of looking a name up; `numeric` needs no look. */
export type NameFact =
  | { readonly kind: 'numeric' | 'found'; readonly addresses: readonly string[] }
  | { readonly kind: 'none'; readonly reason: string };

/** What came of connecting to a TCP port at one address, in a limited time. */
export type PortFact = {
  readonly address: string;
  readonly port: number;
  readonly state: 'open' | 'refused' | 'silent' | 'unreachable';
  /** The system's code where it says one, such as EHOSTUNREACH. */
  readonly code: string;
  /** The first line that was sent from there; empty where nothing was, or it was not waited for. */
  readonly greeting: string;
  /** This machine's address on that connection; null where there was none. */
  readonly source: string | null;
};

/** A file that ssh would take a key from. */
export type KeyFact = {
  readonly file: string;
  /**
   * `open`: others may read it, so ssh refuses it. `locked`: it has a passphrase, which nobody types for a check. `silent`:
   * who reads it waits.
   */
  readonly state: 'missing' | 'silent' | 'unreadable' | 'open' | 'locked' | 'good';
  /** The line for authorized_keys; null where it is not known. */
  readonly publicKey: string | null;
};

/** What came of asking for the snapshot as the plugins do: it, or the plugins' own reason (a fragment without a dot). */
export type AnswerFact =
  | { readonly reached: true; readonly snapshot: Snapshot; readonly milliseconds: number; readonly bytes: number }
  | { readonly reached: false; readonly reason: string };

/** A socket at which ssh keeps a connection open, and its folder: whether the account can make it there. */
export type Control = {
  /** The jump host whose connection it is; null for that of the node. */
  readonly of: string | null;
  readonly file: string;
  readonly folder: string;
  readonly state: 'good' | 'missing' | 'closed' | 'long';
};

/** The keys of the account that a host may be shown. */
export type ShownKeys = {
  /** The key files in the order in which ssh tries them. */
  readonly keys: readonly KeyFact[];
  /** The setting of ssh here by which it shows none; null where there is none. */
  readonly keyless: string | null;
  /** The algorithms that a key may be used with; empty where that is not known. */
  readonly keyAlgorithms: readonly string[];
};

/** A node's way by ssh: what ssh makes of its settings. */
export type SshFacts = ShownKeys & {
  readonly kind: 'ssh';
  readonly hostname: string;
  readonly user: string;
  readonly port: number;
  /** The only family whose addresses ssh tries; null for both. */
  readonly family: 4 | 6 | null;
  /** Whether a jump host or a ProxyCommand stands between. */
  readonly proxied: boolean;
  /** The jump hosts, each with the keys that it is shown: `--ssh-identity` is for the node alone. */
  readonly jumps: readonly (ShownKeys & {
    readonly user: string;
    readonly hostname: string;
    readonly port: number;
    /** Whether ssh runs a command here once it is in there (LocalCommand). */
    readonly localCommand: boolean;
  })[];
  /** Where the host key is looked for: files for the whole machine, then the account's own. */
  readonly globalKnownHosts: readonly string[];
  readonly userKnownHosts: readonly string[];
  readonly hostKeyAlias: string | null;
  /**
   * What ssh has found its host key to be: `checked` (or not seen at all), or `unknown` or `changed` and taken all the same
   * by its settings.
   */
  readonly hostKey: 'checked' | 'unknown' | 'changed';
  /** Those of these files that have a key of the node, be it the right one or not. */
  readonly knownIn: readonly string[];
  /** Those that are there and that the account may not read: ssh passes over them without a word. */
  readonly unreadable: readonly string[];
  /** A folder on the way to those, or to keys, that the account may not enter; null for none. */
  readonly shutFolder: string | null;
  /** The sockets at which ssh itself keeps connections open for others (ControlMaster), on the way to the node as a check goes it. */
  readonly controls: readonly Control[];
  /** The arguments of ssh up to the host that reach the node as the plugins do. */
  readonly sshArguments: readonly string[];
  /** The file of settings that ssh goes by beside those of the machine: the one given, or the account's own if there is one. */
  readonly configFile: string | null;
  /** Those of its files of settings that are there and that the account may not read: ssh passes over them without a word. */
  readonly closedSettings: readonly string[];
  /** What `--remote-command` runs there; null where the script is sent along. */
  readonly remoteCommand: string | null;
};

/** A node's way by NRPE. */
export type NrpeFacts = {
  readonly kind: 'nrpe';
  readonly host: string;
  readonly port: number;
  readonly command: string;
  readonly ssl: boolean;
  /** The most that an answer by NRPE can be long, in bytes. */
  readonly longestAnswer: number;
  /** `NRPE v4.1.0`, or why the daemon does not say it; null where it was not asked. */
  readonly version:
    | { readonly ok: true; readonly value: string }
    | { readonly ok: false; readonly reason: string }
    | null;
  /** Whether it answers when asked the other way, with SSL or without. */
  readonly otherWay: boolean;
};

/** What is known of one node. */
export type NodeFacts = {
  readonly name: string;
  /** The target as it was given. */
  readonly target: string;
  /** What the host object says: `NAME=TARGET`, or the target alone. */
  readonly spec: string;
  readonly way:
    | SshFacts
    | NrpeFacts
    | { readonly kind: 'local' }
    | { readonly kind: 'file' }
    | { readonly kind: 'unsettled'; readonly reason: string };
  readonly hostName: NameFact | null;
  /** Empty where the node was not connected to by us. */
  readonly ports: readonly PortFact[];
  /** null where it was not asked, since something before that keeps it from answering. */
  readonly answer: AnswerFact | null;
};

/** What came of asking a probe at one address. */
export type ProbeTry = {
  readonly address: string;
  /** Why it gave no whole answer (a fragment that follows the host's name); null where it did. */
  readonly reason: string | null;
  /** Nothing at all came from there. */
  readonly silent: boolean;
};

/**
 * Where the community or the passwords are from. Those that were typed, or are in the environment, have to stand in a file
 * for Icinga: `names` are the lines that it needs, `trouble` is what it lacks (a fragment without a dot; null for nothing).
 */
export type SecretFact =
  | { readonly kind: 'default' | 'file' }
  | {
      readonly kind: 'typed';
      readonly file: string;
      readonly names: readonly string[];
      readonly trouble: string | null;
    };

/** What is known of one probe. No secret is in it. */
export type ProbeFacts = {
  readonly host: string;
  readonly port: number;
  readonly hostName: NameFact;
  readonly tries: readonly ProbeTry[];
  /** The SNMP version that was spoken. */
  readonly version: '1' | '2c' | '3';
  /** The user of version 3. */
  readonly user: string | null;
  readonly secret: SecretFact;
  /** How long one answer is waited for, in milliseconds. */
  readonly patienceMs: number;
  /** The other version of 1 and 2c where the probe answers in that one alone. */
  readonly otherVersion: '1' | '2c' | null;
  readonly family: string | null;
  /** What the device says of itself. */
  readonly description: string;
  /** Rows, and those of them that say they are online. */
  readonly sensors: { readonly rows: number; readonly online: number } | null;
  /** From the first request to the first answer, and to the last. */
  readonly firstMs: number | null;
  readonly totalMs: number;
  readonly requests: number;
};
