import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { until } from '../lab/poller/until.ts';

/** A shell at a terminal of its own, to be typed at. */
export type Typist = {
  type(keys: string): void;
  /** All that the terminal has shown. */
  shown(): string;
  close(): void;
};

/** Starts an interactive shell below script(1), which gives it a terminal, and waits for its prompt. */
export async function openTerminal(command: string, env: Readonly<Record<string, string>>): Promise<Typist> {
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'dumb', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.stdin.on('error', () => {});
  await until(`the prompt of ${command}`, 20, () => text.includes('ready> '));
  return { type: (keys) => child.stdin.write(keys), shown: () => text, close: () => child.kill() };
}

/** What bash makes of a line on which every match is inserted: the words of the command. */
export async function bashWords(bash: Typist, line: string): Promise<readonly string[]> {
  const before = answers(bash).length;
  bash.type(`${line}\x1b*\n`);
  const answer = await until(`bash to take "${line}"`, 10, () => answers(bash)[before]);
  return [...answer.matchAll(/<([^>]*)>/g)].map(([, word = '']) => word);
}

function answers(bash: Typist): readonly string[] {
  return bash.shown().match(/@@<.*>@@/g) ?? [];
}

/** What zsh offers for a line; it writes that into a file. */
export async function zshOffers(zsh: Typist, file: string, line: string): Promise<readonly string[]> {
  writeFileSync(file, '');
  zsh.type(`${line}\x14`);
  await until(`zsh to answer "${line}"`, 10, () => readFileSync(file, 'utf8').endsWith('@@\n'));
  // The line is taken away again.
  zsh.type('\x15');
  const offers = readFileSync(file, 'utf8')
    .split('\n')
    .filter((one) => one !== '' && one !== '@@');
  return [...new Set(offers)];
}
