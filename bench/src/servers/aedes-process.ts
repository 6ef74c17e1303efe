/** Aedes in a process of its own, in memory. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { createWebSocketStream, WebSocketServer } from 'ws';

const transport = process.argv[2];
const broker = await Aedes.createBroker({
  // Its default of 42 is less than a client sends while its session is being set up.
  queueLimit: 100_000,
});

function listener(): Server {
  // With Nagle's algorithm it carries half as much, stalled by TCP's delayed acknowledgements.
  if (transport !== 'websocket') return createServer({ noDelay: true }, broker.handle);
  const server = createHttpServer();
  new WebSocketServer({ server, handleProtocols: () => 'mqtt' }).on('connection', (socket, request) => {
    broker.handle(createWebSocketStream(socket), request);
  });
  return server;
}

const server = listener();
server.listen(0, '127.0.0.1', () => {
  const mqttPort = (server.address() as AddressInfo).port;
  process.stdout.write(`${JSON.stringify({ event: 'listening', mqttPort })}\n`);
});
process.on('SIGTERM', () => process.exit());
