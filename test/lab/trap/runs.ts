import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { giveTo } from '../poller/account.ts';
import type { Lab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { addresses, type TrapLab } from './lab.ts';

/** What tests of single runs of `akcp_trap` share; the labs are given once they are there. */
export function runsOf(given: () => { readonly lab: Lab; readonly traps: TrapLab }) {
  /** The options for a trap of the probe, with turns that nobody has taken yet. */
  const args = (over: Readonly<Record<string, string>> = {}) =>
    given().traps.args({
      ...{ sender: addresses.probe, hold: '2', timeout: '2', 'state-dir': given().traps.fresh() },
      ...over,
    });
  /** The first line that is logged after something; syslogd may be a moment behind. */
  const logged = async <T>(work: () => Promise<T>) => {
    const { syslog } = given().traps;
    const before = syslog.lines().length;
    const result = await work();
    const line = await until('the line', 5, () => syslog.lines()[before]);
    return { line, result };
  };
  const lastCheck = async () =>
    (await given().traps.icinga.api.service('probe!sensorprobe')).last_check_result?.execution_start ?? 0;
  /** A file of the account, with these rights. */
  const file = (name: string, text: string, mode: number) => {
    const made = path.join(given().lab.folder, 'snmptrapd', name);
    writeFileSync(made, text);
    chmodSync(made, mode);
    giveTo(given().traps.account, made);
    return made;
  };
  return { args, logged, lastCheck, file };
}
