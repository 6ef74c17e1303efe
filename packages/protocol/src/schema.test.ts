import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { file_skein_v1_admin_service } from './gen/skein/v1/admin_service_pb.js';
import { file_skein_v1_chat_service } from './gen/skein/v1/chat_service_pb.js';
import { file_skein_v1_desk_service } from './gen/skein/v1/desk_service_pb.js';
import { file_skein_v1_enums } from './gen/skein/v1/enums_pb.js';
import { file_skein_v1_media_service } from './gen/skein/v1/media_service_pb.js';
import { file_skein_v1_message } from './gen/skein/v1/message_pb.js';

const folder = new URL('../../../proto/skein/v1/', import.meta.url);
const lock = JSON.parse(readFileSync(new URL('../../schema.lock.json', folder), 'utf8')) as Record<
  string,
  string
>;

const files = [
  file_skein_v1_admin_service,
  file_skein_v1_chat_service,
  file_skein_v1_desk_service,
  file_skein_v1_enums,
  file_skein_v1_media_service,
  file_skein_v1_message,
];

/** Numbers, names, types and options; comments and layout of the source are not in a descriptor. */
function hash(file: DescFile): string {
  return createHash('sha256').update(toBinary(FileDescriptorProtoSchema, file.proto)).digest('hex');
}

describe('the schema of the wire is fixed once released', () => {
  test.each(files.map((file) => [`${file.name}.proto`, file] as const))('%s', (name, file) => {
    expect(
      hash(file),
      `${name} has changed. Peers of the released version must still understand this one: only add optional fields ` +
        'and calls, with numbers that were never used. If that is so, raise the version in package.json, write the ' +
        `change into CHANGELOG.md, and put this hash into proto/schema.lock.json: ${hash(file)}`,
    ).toBe(lock[name]);
  });

  test('every .proto file is locked', () => {
    const sources = readdirSync(folder).map((name) => `skein/v1/${name}`);
    expect(Object.keys(lock).sort()).toEqual(sources.sort());
    expect(files.map((file) => `${file.name}.proto`).sort()).toEqual(sources.sort());
  });
});
