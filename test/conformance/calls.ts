import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';

/** A call as a plain HTTP client makes it. */
export interface Caller {
  /** `http://127.0.0.1:{port}` */
  readonly url: string;
  readonly token: string;
  /** Default JSON. */
  readonly form?: 'json' | 'binary';
}

/** @throws with the status and the error's text when the call is refused */
export async function call<I extends DescMessage, O extends DescMessage>(
  { url, token, form = 'json' }: Caller,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Promise<MessageShape<O>> {
  const input = create(method.input, request);
  const response = await fetch(`${url}/${method.parent.typeName}/${method.name}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': form === 'json' ? 'application/json' : 'application/proto',
    },
    body: form === 'json' ? toJsonString(method.input, input) : toBinary(method.input, input),
  });
  if (!response.ok) throw new CallRefused(response.status, await response.text());
  return form === 'json'
    ? fromJsonString(method.output, await response.text())
    : fromBinary(method.output, new Uint8Array(await response.arrayBuffer()));
}

class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly status: number;

  constructor(status: number, text: string) {
    super(`${status} ${text}`);
    this.status = status;
  }
}
