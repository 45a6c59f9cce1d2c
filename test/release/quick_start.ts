import { isDebian, stepsOf, systemctl } from '../lab/icinga2/quickstart.ts';

// Prints the README's first ten minutes as a shell script, with the Debian package, for a Debian or Ubuntu root without
// systemd: it ends with 0 when every step printed what the README shows. It runs in the folder of the package.
const steps = stepsOf('README.md', 'From nothing to a red service in Icinga in ten minutes').filter(
  ({ commands }) => !commands.startsWith('npm install -g'),
);
if (!steps.some(({ commands }) => isDebian(commands))) throw new Error('the README installs no Debian package');
const lines = [
  'set -e',
  'mkdir -p /tmp/bin',
  heredoc('/tmp/bin/systemctl', systemctl),
  'chmod +x /tmp/bin/systemctl',
  'PATH=/tmp/bin:$PATH',
  ...steps.flatMap(({ commands, shown }, i) => [
    `{\n${commands}} >/tmp/output-${i}`,
    // Icinga keeps the blank before the metrics.
    ...(shown === null
      ? []
      : [heredoc(`/tmp/shown-${i}`, shown), `sed 's/ *$//' /tmp/output-${i} | diff /tmp/shown-${i} -`]),
  ]),
];
console.log(lines.join('\n'));

function heredoc(file: string, text: string): string {
  return `cat >${file} <<'END OF FILE'\n${text}END OF FILE`;
}
