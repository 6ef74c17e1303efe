const strict = new TextDecoder('utf-8', { fatal: true });

/** Whether `bytes[start..end)` is UTF-8. Most text is ASCII, for which no decoder is asked. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) return decodes(bytes.subarray(i, end));
  }
  return true;
}

function decodes(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
