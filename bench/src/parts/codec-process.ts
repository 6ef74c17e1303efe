/** P13 in a process of its own, so that nobody else's code has warmed or spoiled the compiler. */
const [secondsArgument] = process.argv.slice(2);
const module: unknown = await import(new URL('../codec.ts', import.meta.url).href);
const { measureCodec } = module as {
  measureCodec(options: { seconds: number }): readonly { ratio: number }[];
};
const codec = measureCodec({ seconds: Number(secondsArgument) });
process.stdout.write(`${JSON.stringify({ event: 'measured', codec })}\n`);
