import type { Outcome } from '../uml/uml.ts';

/** A way in which an administrator's editor, shell or mail leaves a saved snapshot. */
export type Saved = { readonly way: string; readonly as: (text: string) => string | Uint8Array };

/** Section 6 of the whole way: what is saved and sent is read all the same. */
export const saved: readonly Saved[] = [
  { way: 'without its last newline', as: (text) => text.replace(/\n$/, '') },
  { way: 'with a byte order mark', as: (text) => `\ufeff${text}` },
  { way: 'with the line ends of Windows', as: (text) => text.replaceAll('\n', '\r\n') },
  {
    way: 'in UTF-16, as by PowerShell',
    as: (text) => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le'),
  },
  { way: 'in UTF-16, the high byte first', as: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16() },
  {
    way: 'in UTF-16 without its last newline',
    as: (text) => Buffer.from(`\ufeff${text.replace(/\n$/, '')}`, 'utf16le'),
  },
];

/** The snapshots of an outcome, all saved in that way. */
export function savedAs({ as }: Saved, { snapshots }: Outcome): Readonly<Record<string, string | Uint8Array>> {
  return Object.fromEntries(Object.entries(snapshots).map(([node, text]) => [node, as(text)]));
}
