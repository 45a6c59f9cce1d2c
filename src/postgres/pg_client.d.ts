/** The few parts of npm `pg` 8.23 that `session.ts` uses. */
declare module 'pg/lib/client.js' {
  import type { EventEmitter } from 'node:events';

  type Configuration = {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
    /** Asked when the server wants a password. */
    readonly password: () => Promise<string>;
    /** A socket that the client believes it connects. */
    readonly stream: unknown;
    readonly ssl: false;
    readonly sslnegotiation: 'postgres';
    readonly application_name: string;
  };

  type Query = {
    readonly text: string;
    readonly types: { getTypeParser(): (value: string) => string };
  };

  type QueryResult = { readonly rows: readonly Readonly<Record<string, string | null>>[] };

  class Client extends EventEmitter {
    constructor(configuration: Configuration);
    connect(): Promise<unknown>;
    /** An array where the server has answered several times. */
    query(query: Query): Promise<QueryResult | readonly QueryResult[]>;
    end(): Promise<void>;
  }
  export default Client;
}
