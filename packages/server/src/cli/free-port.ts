import { once } from 'node:events';
import { createServer } from 'node:net';
import { SetupProblem } from '../config/problem.ts';

/** More taken ports in a row than this are a machine on which something else is wrong. */
const tries = 50;

/** The first port from `wanted` on at which nothing listens; 0 stays 0, any free one. */
export async function freePort(host: string, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + tries; port++) {
    if (await isFree(host, port)) return wanted === 0 ? 0 : port;
  }
  throw new SetupProblem(
    `no free port from ${wanted} to ${wanted + tries - 1}: choose another with --port N`,
  );
}

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, host), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
