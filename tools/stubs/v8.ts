/** What execa takes of Node's v8, for messages to a child that can read them: loaded at its first use, for none of ours can. */
export function serialize(value: unknown): Buffer {
  return require('node:v8').serialize(value);
}
