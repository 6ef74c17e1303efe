export { FileStorage } from './file-storage.ts';
export { tcpLine } from './tcp-line.ts';
