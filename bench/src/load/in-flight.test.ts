import { expect, test } from 'vitest';
import { InFlight, PACKET_IDS, packetIdOf } from './in-flight.ts';

test('a message is delivered when it is both acknowledged and received, in either order', () => {
  const inFlight = new InFlight();
  const first = inFlight.begin(10);
  const second = inFlight.begin(20);
  expect(inFlight.acknowledge(packetIdOf(first))).toBe('half');
  expect(inFlight.receive(second)).toBe('half');
  expect(inFlight.count).toBe(2);
  expect(inFlight.overdue()).toEqual([10, 20]);
  expect(inFlight.receive(first)).toBe('delivered');
  expect(inFlight.acknowledge(packetIdOf(second))).toBe('delivered');
  expect(inFlight.scheduledAt(second)).toBe(20);
  expect(inFlight.count).toBe(0);
});

test('a double and a stray are unexpected, before the other half and after', () => {
  const inFlight = new InFlight();
  const number = inFlight.begin(0);
  inFlight.receive(number);
  expect(inFlight.receive(number)).toBe('unexpected');
  expect(inFlight.receive(number + 1)).toBe('unexpected');
  inFlight.acknowledge(packetIdOf(number));
  expect(inFlight.receive(number)).toBe('unexpected');
  expect(inFlight.acknowledge(packetIdOf(number))).toBe('unexpected');
});

test('places and packet ids are used again; what is late by a whole turn is a stray', () => {
  const inFlight = new InFlight();
  for (let i = 0; i <= PACKET_IDS; i++) {
    const number = inFlight.begin(0);
    inFlight.acknowledge(packetIdOf(number));
    expect(inFlight.receive(number)).toBe('delivered');
  }
  const number = inFlight.begin(0);
  expect(packetIdOf(number)).toBe(2);
  expect(inFlight.receive(1)).toBe('unexpected');
  expect(inFlight.receive(number)).toBe('half');
});

test('it is full while the place of the next message is taken', () => {
  const inFlight = new InFlight();
  while (!inFlight.isFull) inFlight.begin(0);
  expect(inFlight.count).toBe(1024);
  inFlight.receive(0);
  expect(inFlight.isFull).toBe(true);
  inFlight.acknowledge(packetIdOf(0));
  expect(inFlight.isFull).toBe(false);
});
