// A chat client as in a typical tutorial, with the npm library's defaults:
//   node tutorial.mjs WS_URL HTTP_URL USERNAME PASSWORD [MQTT_PASSWORD]
import assert from 'node:assert/strict';
import mqtt from 'mqtt';

const [wsUrl, httpUrl, username, password, mqttPassword = password] = process.argv.slice(2);
setTimeout(() => {
  console.error('took longer than 20 s');
  process.exit(1);
}, 20_000).unref();

const client = mqtt.connect(wsUrl, {
  clean: true,
  connectTimeout: 40000,
  username,
  password: mqttPassword,
  keepalive: 60,
  protocolId: 'MQTT',
  protocolVersion: 5,
  reconnectPeriod: 1000,
  will: { topic: 'WillMsg', payload: 'Connection Closed abnormally..!', qos: 0, retain: false },
});
let closed = 0;
client.on('close', () => (closed += 1));
client.on('error', (error) => {
  console.error(error);
  process.exit(1);
});

const connack = await new Promise((resolve) => client.on('connect', resolve));
assert.equal(connack.reasonCode, 0);

const arrived = new Promise((resolve) => {
  client.on('message', (topic, payload, packet) => {
    const event = JSON.parse(payload.toString());
    if (event.type === 'message') resolve({ topic, event, packet });
  });
});
const [granted] = await client.subscribeAsync('general', { qos: 1 });
assert.equal(granted.qos, 1);

const json = { 'content-type': 'application/json' };
const signIn = await fetch(`${httpUrl}/session`, {
  method: 'POST',
  headers: json,
  body: JSON.stringify({ username, password }),
});
const { token } = await signIn.json();
const headers = { ...json, authorization: `Bearer ${token}` };
const posted = await fetch(`${httpUrl}/message`, {
  method: 'POST',
  headers,
  body: JSON.stringify({ topic: 'general', text: 'hello from the tutorial' }),
});
assert.equal(posted.status, 201);
const stored = await posted.json();

const { topic, event, packet } = await arrived;
assert.equal(topic, 'general');
assert.equal(event.text, 'hello from the tutorial');
assert.equal(event.sender, username);
assert.equal(event.seq, stored.seq);
assert.equal(event.msg_id, stored.msg_id);
assert.equal(packet.properties.contentType, 'application/json');
assert.equal(packet.properties.userProperties.sender, username);
assert.equal(packet.properties.userProperties.seq, String(event.seq));
assert.equal(packet.properties.userProperties.type, 'message');

const history = await (await fetch(`${httpUrl}/messages/general`, { headers })).json();
assert.deepEqual(history.messages.at(-1), { ...event, changed_seq: event.seq });

// The will's topic is not a room: the will is refused without closing the connection.
assert.equal(client.connected, true);
assert.equal(closed, 0);
await client.endAsync();
console.log('ok');
