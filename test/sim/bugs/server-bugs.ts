import type { Bug } from './bug.ts';

export const serverBugs: readonly Bug[] = [
  { name: 'a restored store keeps its epoch', keepsEpoch: true },

  { name: 'revoked tokens go on to hold', ignoresRevocation: true },

  {
    name: 'everybody is handed everything',
    audience: (audience, world) => ({
      deliver: (entry) =>
        audience.deliver(
          entry,
          world.plan.users.map((_, user) => world.userId(user)),
        ),
      publish: (...said) => audience.publish(...said),
      listens: (...asked) => audience.listens(...asked),
    }),
  },

  {
    name: 'a receipt goes to somebody else',
    audience: (audience, world) => ({
      deliver: (...said) => audience.deliver(...said),
      publish: (user, name, payload, options) => {
        const users = world.plan.users.map((_, place) => world.userId(place));
        const to = name === 'receipt' ? users[(users.indexOf(user) + 1) % users.length]! : user;
        audience.publish(to, name, payload, options);
      },
      listens: (...asked) => audience.listens(...asked),
    }),
  },
];
