import { readdirSync, readlinkSync } from 'node:fs';

/** What a process has open: the number of the descriptor and where its link leads. Throws when nobody may look. */
export function descriptorsOf(pid: number): readonly { readonly fd: number; readonly link: string }[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => ({ fd: Number(fd), link: readlinkSync(`/proc/${pid}/fd/${fd}`) }));
}

/** The inodes of the sockets that a process has open beyond its three standard descriptors. */
export function socketsOf(pid: number): readonly string[] {
  return descriptorsOf(pid)
    .filter(({ fd }) => fd > 2)
    .map(({ link }) => /^socket:\[(\d+)\]$/.exec(link)?.[1])
    .filter((inode) => inode !== undefined);
}
