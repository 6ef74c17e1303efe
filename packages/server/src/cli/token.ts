import { appendRevocation } from '../auth/revocations.ts';
import { hasSecret, loadSecret } from '../auth/secret.ts';
import { mintToken, roles } from '../auth/tokens.ts';
import { SetupProblem } from '../config/problem.ts';
import { choice, text, userId, whole } from '../config/setting.ts';
import { command } from './command.ts';

const yearS = 366 * 86_400;

export const token = command({
  name: 'token',
  summary: "signs a token for a user with the installation's secret, or revokes a user's tokens",
  examples: [
    'skein token --user 1001 --name Lin',
    'skein token --user 9001 --role agent --ttl 28800',
    'skein token --revoke 1001',
  ],
  settings: ['data'],
  options: {
    user: userId({ fallback: undefined, help: 'Whose token it is.' }),
    role: choice(roles, { fallback: 'customer', help: 'What the bearer may do.' }),
    ttl: whole(1, 10 * yearS, { fallback: 3_600, help: 'Seconds for which it holds.' }),
    name: text<undefined>('NAME', { fallback: undefined, help: 'The name that others see.' }),
    revoke: userId({
      fallback: undefined,
      help: 'Revokes all tokens of this user made until now; a running server ends the sessions within five seconds.',
    }),
  },
  async run({ options, settings, terminal }) {
    if (options.revoke !== undefined) {
      appendRevocation(settings.dataDir, { userId: options.revoke, before: Date.now() });
      terminal.err.write(`skein: all tokens of ${options.revoke} made until now are revoked\n`);
      return 0;
    }
    if (options.user === undefined) throw new SetupProblem('say whose token it is: skein token --user 1001');
    if (settings.secret === undefined && !hasSecret(settings.dataDir)) {
      terminal.err.write(
        `skein: a new secret is made in ${settings.dataDir}; a server with another --data refuses this token\n`,
      );
    }
    const secret = loadSecret(settings.dataDir, settings.secret);
    const { user, role, name, ttl } = options;
    const minted = await mintToken({ userId: user, role, name, ttlSeconds: ttl }, secret, Date.now);
    terminal.out.write(`${minted}\n`);
    return 0;
  },
});
