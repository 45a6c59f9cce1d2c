/** What execa takes of Node's v8, for messages to a child that can read them: none of ours can. */
export function serialize(): never {
  throw new Error('no child here takes messages');
}
