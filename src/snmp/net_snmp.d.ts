/** The few parts of net-snmp 3.29 that `session.ts` and `des.ts` use; the library's own types lag behind it. */
declare module 'net-snmp' {
  import type { SocketType } from 'node:dgram';

  type Varbind = { readonly oid: string; readonly type: number; readonly value: unknown };

  /** What came, as the library has read it. `msgGlobalData` only in SNMPv3. */
  type Message = {
    readonly msgGlobalData?: { readonly msgFlags: number };
    readonly pdu: {
      readonly errorStatus: number;
      readonly errorIndex: number;
      readonly varbinds: readonly Varbind[];
    };
  };

  type Callback = (error: Error | null, answer?: unknown) => void;

  /** The part of a socket that a session uses. */
  type Datagrams = {
    on(event: string, listener: (value?: unknown) => void): unknown;
    send(
      bytes: Uint8Array,
      offset: number,
      length: number,
      port: number,
      address: string,
      sent: (error: Error | null) => void,
    ): void;
    ref(): unknown;
    unref(): unknown;
    close(): unknown;
  };

  type User = {
    readonly name: string;
    readonly level: number;
    readonly authProtocol?: number;
    readonly authKey?: string;
    readonly privProtocol?: number;
    readonly privKey?: string;
  };

  type SessionOptions = {
    readonly version: number;
    readonly transport: SocketType;
    readonly port: number;
    readonly timeout: number;
    readonly retries: number;
    readonly context?: string;
    readonly engineID: Uint8Array;
    readonly dgramModule: { createSocket(type: SocketType): Datagrams };
  };

  class Session {
    constructor(target: string, authenticator: string | User, options: SessionOptions);
    get(oids: string[], callback: Callback): void;
    getNext(oids: string[], callback: Callback): void;
    getBulk(oids: string[], nonRepeaters: number, maxRepetitions: number, callback: Callback): void;
    close(): void;
    on(event: 'error', listener: (error: unknown) => void): void;
    /** Called with every GetResponse that belongs to a request. */
    onSimpleGetResponse: (request: { readonly responseCb: Callback }, message: Message) => void;
    /** What is known of the SNMPv3 engine at the other end, once it has answered. */
    msgSecurityParameters?: object;
  }

  type Engine = { readonly engineID: Uint8Array };
  type Cipher = {
    encryptPdu(
      scopedPdu: Uint8Array,
      privProtocol: number,
      privPassword: string,
      authProtocol: number,
      engine: Engine,
    ): { readonly encryptedPdu: Uint8Array; readonly msgPrivacyParameters: Uint8Array };
    decryptPdu(
      encryptedPdu: Uint8Array,
      privProtocol: number,
      privParameters: Uint8Array,
      privPassword: string,
      authProtocol: number,
      engine: Engine,
    ): Uint8Array;
  };

  /** The agent's side, for the simulated probe of the demo. */
  type Provider = { readonly name: string; readonly type: number; readonly oid: string; readonly maxAccess: number };
  type MibNode = { valueType?: number; value?: unknown };
  type Agent = {
    getMib(): { addProviderToNode(provider: Provider): void; addNodesForOid(oid: string): MibNode };
    close(closed?: () => void): void;
  };
  type AgentOptions = {
    readonly address: string;
    readonly port: number;
    readonly disableAuthorization: boolean;
    readonly accessControlModelType: number;
  };

  const library: {
    createAgent(options: AgentOptions, callback: (error: Error | null) => void): Agent;
    readonly ObjectType: Readonly<Record<string, number>>;
    readonly MibProviderType: Readonly<Record<string, number>>;
    readonly MaxAccess: Readonly<Record<string, number>>;
    readonly AccessControlModelType: Readonly<Record<string, number>>;
    readonly Session: typeof Session;
    readonly Version1: number;
    readonly Version2c: number;
    readonly Version3: number;
    readonly SecurityLevel: Readonly<Record<string, number>>;
    readonly AuthProtocols: Readonly<Record<string, number>>;
    readonly PrivProtocols: Readonly<Record<string, number>>;
    readonly Authentication: {
      passwordToKey(authProtocol: number, password: string, engineId: Uint8Array): Uint8Array;
    };
    readonly Encryption: { readonly algorithms: Record<number, Cipher> };
  };
  export default library;
  export type { Callback, Cipher, Datagrams, Engine, Message, Session, User, Varbind };
}
