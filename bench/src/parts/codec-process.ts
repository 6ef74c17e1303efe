/** P13 in a process of its own, so that nobody else's code has warmed or spoiled the compiler. */
import { measureCodec } from '../codec.ts';

const [secondsArgument] = process.argv.slice(2);
const codec = measureCodec({ seconds: Number(secondsArgument) });
process.stdout.write(`${JSON.stringify({ event: 'measured', codec })}\n`);
