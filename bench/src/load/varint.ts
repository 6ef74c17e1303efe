/** An unsigned number below 2^53 as a base-128 varint, low bits first: protobuf's and, to 4 bytes, MQTT's. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
