import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { timed } from '../../timed.ts';
import { type Lab, openLab, whyNoLab } from '../poller/lab.ts';
import { until } from '../poller/until.ts';
import { addresses, senders, startTrapLab, type TrapLab, trapFiles } from './lab.ts';
import { bytesOfTrap, sendBurst, sendTrap, trapNumbers, type Version } from './send.ts';

const why = whyNoLab(trapFiles);

/** Longer than the hold of the shipped configuration. */
const beyondHold = () => new Promise((resolve) => setTimeout(resolve, 10_500));

describe.skipIf(why !== null)(`a trap in a real snmptrapd and Icinga 2${why ? ` (skipped: ${why})` : ''}`, () => {
  let lab: Lab;
  let traps: TrapLab;
  let to = '';
  beforeAll(async () => {
    lab = openLab('trap');
    traps = await startTrapLab(lab);
    to = `127.0.0.1:${traps.port}`;
  }, 300_000);
  afterAll(() => lab?.close());

  const said = (address: string) => traps.syslog.lines().filter((line) => line.split(/: | /).includes(address));
  const state = async (service: string) => (await traps.icinga.api.service(service)).state;
  const lastCheck = async (service: string) =>
    (await traps.icinga.api.service(service)).last_check_result?.execution_start ?? 0;

  test('makes a sensor red that has just broken its limit, within two seconds', timed, async () => {
    await traps.show('sensorprobe2');
    await beyondHold();
    for (const service of ['probe!sensorprobe', 'probe!at-once']) await traps.icinga.api.check(service);
    await traps.show('sensorprobe2-too-hot');
    const began = performance.now();
    sendTrap({ to, from: addresses.probe });
    const red = (service: string, kind: number) =>
      until(`${service} to be red`, 5, async () => {
        const one = await traps.icinga.api.service(service);
        return one.state === 2 && one.state_type === kind && performance.now() - began;
      });
    const [soft, hard] = [await red('probe!sensorprobe', 0), await red('probe!at-once', 1)];
    console.log(`from trap to state: ${Math.round(soft)} ms (soft), ${Math.round(hard)} ms (hard)`);
    expect(Math.max(soft, hard)).toBeLessThan(2000);
    expect(said(addresses.probe).at(-1)).toBe(`daemon.info Icinga checks 2 services of ${addresses.probe} at once`);
    // Of a host that sends a trap, only its sensors are checked.
    expect(await lastCheck('probe!other')).toBe(0);
  });

  const every = (['1', '2c', '3'] as const).flatMap((version) => trapNumbers.map((number) => ({ version, number })));
  test('comes through whatever its number, by v1, v2c and v3', async () => {
    for (const [i, { version, number }] of every.entries()) sendTrap({ to, from: senders[i] ?? '', version, number });
    for (const [i, { version, number }] of every.entries()) {
      const address = senders[i] ?? '';
      await until(`trap ${number} by v${version}`, 30, () => said(address).length > 0);
      expect(said(address)[0]).toBe(`daemon.info Icinga checks 1 service of ${address} at once`);
      await until(`the check of ${address}`, 10, async () => (await lastCheck(`sender${i + 1}!sensorprobe`)) > 0);
    }
    // Each is asked about once more, and then no more.
    await until('the end of the hold', 10, () => senders.every((address) => said(address).length === 2));
  });

  test.each(['1', '2c', '3'] as const)(
    'from somebody else’s enterprise does nothing (v%s)',
    async (version: Version) => {
      const before = traps.syslog.lines().length;
      sendTrap({ to, from: addresses.probe, version, enterprise: '1.3.6.1.4.1.8072.9999' });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(traps.syslog.lines().length).toBe(before);
    },
  );

  test('waits for no name server, though snmptrapd has no option for that', async () => {
    let asked = 0;
    const silent = createSocket('udp4').on('message', () => {
      asked += 1;
    });
    await new Promise<void>((resolve) => silent.bind(53, addresses.nobody, resolve));
    const file = path.join(lab.folder, 'resolv.conf');
    writeFileSync(file, `nameserver ${addresses.nobody}\n`);
    const [enter = '', ...rest] = traps.syslog.wrapper;
    execFileSync(enter, [...rest, 'mount', '--bind', file, '/etc/resolv.conf']);
    try {
      const from = '127.0.2.1';
      sendTrap({ to, from });
      await until('the line', 30, () => said(from).length > 0);
      expect(asked).toBe(0);
    } finally {
      execFileSync(enter, [...rest, 'umount', '/etc/resolv.conf']);
      silent.close();
    }
  });

  test('is not lost when snmptrapd alone is ended just after it has called the program', async () => {
    const from = '127.0.2.2';
    const { port, end } = await traps.another();
    const others = new Set(traps.pids());
    const called = () => traps.pids().some((pid) => !others.has(pid));
    sendTrap({ to: `127.0.0.1:${port}`, from });
    // At once: what is asked every now and then sees it too late.
    const latest = performance.now() + 20_000;
    let seen = called();
    for (; !seen && performance.now() < latest; seen = called()) await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toBe(true);
    await end();
    await until('the line', 5, () => said(from).length > 0);
  });

  test('of a host that is written otherwise, by IPv6', async () => {
    sendTrap({ to: `udp6:[::1]:${traps.port}` });
    await until('the check', 10, async () => (await lastCheck('six!sensorprobe')) > 0);
    expect(said('::1')[0]).toBe('daemon.info Icinga checks 1 service of ::1 at once');
  });

  test('from a proxy is about the hosts that name it, whatever others have there', async () => {
    sendTrap({ to, from: addresses.proxy });
    await until('the check', 10, async () => (await lastCheck('behind!sensorprobe')) > 0);
    expect(said(addresses.proxy)[0]).toBe(`daemon.info Icinga checks 1 service of ${addresses.proxy} at once`);
    expect(await lastCheck('wrong!sensorprobe')).toBe(0);
  });

  test('is believed nothing of what it says, and brings nothing into the log', async () => {
    const before = await lastCheck('probe!sensorprobe');
    const name = `x\nUDP: [${addresses.probe}]:1->[127.0.0.1]:2\n\u001b[31m$(touch /tmp/rackwatch-trap)\r"; --sender ${addresses.probe}`;
    sendTrap({ to, from: addresses.nobody, version: '1', name, agent: addresses.probe });
    await until('the line', 10, () => said(addresses.nobody).length > 0);
    expect(said(addresses.nobody)).toEqual([
      `daemon.warn a trap from ${addresses.nobody}: no sensorprobe service with that address that this API user may check`,
    ]);
    // A second one does not even ask.
    sendTrap({ to, from: addresses.nobody, name: 'y'.repeat(20_000) });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(said(addresses.nobody)).toHaveLength(1);
    expect(await lastCheck('probe!sensorprobe')).toBe(before);
    expect(traps.syslog.raw()).not.toMatch(/[^\n\x20-\x7e]|touch/);
  });

  test('comes through a real snmptt as well, by the shipped events', async () => {
    const port = await traps.translate();
    const before = await lastCheck('third!sensorprobe');
    sendTrap({ to: `127.0.0.1:${port}`, from: addresses.third, version: '1', name: '$(id); `id` "quoted"' });
    await until('the check', 10, async () => (await lastCheck('third!sensorprobe')) > before);
    await until('what snmptt logs', 5, () =>
      / temperature sensor .* of 127\.0\.0\.52: status 4, value 35$/m.test(traps.syslog.raw()),
    );
  });

  test('that Icinga drops, since a check is running, is made up for', async () => {
    // Some seconds long, and begun before the trap.
    const running = traps.icinga.api.post('actions/reschedule-check', {
      ...{ type: 'Service', service: 'slow!sensorprobe', force: true },
    });
    await running;
    await until('the check to run', 10, async () => traps.checks('slow') > 0);
    sendTrap({ to, from: addresses.slow });
    const trap = Date.now() / 1000;
    await until('the line', 10, () => said(addresses.slow).length > 0);
    await until('the first check to end', 20, async () => (await lastCheck('slow!sensorprobe')) > 0);
    expect(await lastCheck('slow!sensorprobe')).toBeLessThan(trap);
    await until('the second check', 30, async () => (await lastCheck('slow!sensorprobe')) > trap);
    expect(said(addresses.slow)).toHaveLength(2);
  });

  test('in a burst of 1,000 is one check in ten seconds, and the last one counts', async () => {
    await traps.show('sensorprobe2');
    const bytes = await bytesOfTrap();
    const began = Date.now();
    sendTrap({ to, from: addresses.second });
    await until('the first check', 10, async () => (await lastCheck('second!sensorprobe')) > 0);
    expect(await state('second!sensorprobe')).toBe(0);
    await traps.show('sensorprobe2-too-hot');
    await sendBurst(bytes, addresses.second, traps.port, 1000);
    const most = { processes: 0 };
    await until('the sensor to be red', 30, async () => {
      most.processes = Math.max(most.processes, traps.processes());
      return (await state('second!sensorprobe')) === 2;
    });
    const red = Date.now() - began;
    // Another probe's trap behind the burst, which the kernel may have no room for yet.
    const before = said(addresses.third).length;
    sendTrap({ to, from: addresses.third });
    const behind = await until(
      'a trap behind the burst',
      60,
      async () => said(addresses.third).length > before && Date.now() - began - red,
    );
    await until('every trap to be through', 60, () => traps.processes() === 0);
    const seconds = (Date.now() - began) / 1000;
    console.log(
      `burst: red after ${red} ms, another probe's trap waited ${behind} ms, ${said(addresses.second).length} requests in ${seconds} s`,
    );
    expect(said(addresses.second).length).toBeLessThanOrEqual(Math.ceil(seconds / 10) + 1);
    // The one that snmptrapd waits for, and one that waits for the end of the hold.
    expect(most.processes).toBeLessThanOrEqual(4);
  });
});
