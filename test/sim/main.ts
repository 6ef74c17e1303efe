import { run } from './run.ts';

const from = Number(process.argv[2] ?? 1),
  count = Number(process.argv[3] ?? 20);
const t = performance.now();
let steps = 0,
  bad = 0;
const rules: Record<string, number> = {};
for (let seed = from; seed < from + count; seed++) {
  const t0 = performance.now();
  const v = await run(seed);
  steps += v.steps;
  if (v.violation) {
    bad++;
    const k = v.violation.message.slice(0, 50);
    rules[k] = (rules[k] ?? 0) + 1;
    console.log(seed, v.steps, v.violation.message.slice(0, 400));
  } else if (count <= 30)
    console.log(
      seed,
      'ok',
      v.steps,
      Math.round(v.simulatedMs / 60000) + 'min',
      v.hash,
      Math.round(performance.now() - t0) + 'ms',
    );
}
console.log({
  bad,
  steps,
  perSeed: steps / count,
  usPerStep: ((performance.now() - t) * 1000) / steps,
  seedsPerMinute: (count / (performance.now() - t)) * 60000,
});
