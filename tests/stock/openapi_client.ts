// A client with the types that openapi-typescript generates from the server's OpenAPI document (openapi.ts, generated):
//   node openapi_client.js HTTP_URL USERNAME PASSWORD
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './openapi.js';

const [baseUrl, username, password] = process.argv.slice(2) as [string, string, string];

function ok<T>({ data, error }: { data?: T; error?: unknown }): T {
  assert(data !== undefined, `refused: ${JSON.stringify(error)}`);
  return data;
}

/** Returns an event as text; each type has its own fields. A message in its current state has those of its event. */
function words(event: components['schemas']['Event'] | components['schemas']['Message']): string {
  switch (event.type) {
    case 'message':
      return `${event.sender}: ${event.text}`;
    case 'edit':
      return `${event.sender}: ${event.text} (edited)`;
    case 'delete':
      return `${event.sender} deleted ${event.target}`;
    case 'react':
      return `${event.sender}: ${event.emoji}`;
    case 'join':
      return `${event.name} joined`;
    case 'leave':
      return `${event.name} left`;
    case 'room':
      return `the room is called ${event.title}`;
  }
}

const anybody = createClient<paths>({ baseUrl });
const session = ok(await anybody.POST('/session', { body: { username, password } }));
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${session.token}` } });

const room = ok(await client.POST('/rooms', { body: { topic: 'types', title: 'Types' } }));
assert.equal(room.topic, 'types');
const said = ok(await client.POST('/message', { body: { topic: 'types', text: 'hello' } }));
assert.equal(words(said), `${username}: hello`);

const topic = 'types';
const history = ok(await client.GET('/messages/{topic}', { params: { path: { topic }, query: { limit: 5 } } }));
assert.deepEqual(history.messages.map(words), [`${username}: hello`]);
const query = { seq: said.seq };
const edited = ok(await client.PATCH('/messages/{topic}', { params: { path: { topic }, query }, body: { text: 'hello!' } }));
assert.equal(words(edited), `${username}: hello! (edited)`);
ok(await client.PUT('/reactions/{topic}', { params: { path: { topic }, query: { ...query, emoji: '👍' } } }));
const now = ok(await client.GET('/messages/{topic}', { params: { path: { topic } } })).messages[0];
assert.deepEqual([now?.text, now?.edited?.seq, now?.reactions?.[0]?.names], ['hello!', edited.seq, [username]]);
const log = ok(await client.GET('/events/{topic}', { params: { path: { topic }, query: { after: 0 } } }));
assert.deepEqual(log.events.map(words), [
  'the room is called Types',
  `${username} joined`,
  `${username}: hello`,
  `${username}: hello! (edited)`,
  `${username}: 👍`,
]);
assert.equal(ok(await client.GET('/rooms/{topic}', { params: { path: { topic } } })).members, 1);
const { members } = ok(await client.GET('/members/{topic}', { params: { path: { topic } } }));
assert.deepEqual(members.map((member) => member.name), [username]);
assert(ok(await client.GET('/people')).people.some((person) => person.name === username));
const token = ok(await client.POST('/tokens', { body: { label: 'types' } }));
assert.equal(typeof token.token, 'string');
const { error } = await client.POST('/message', { body: { topic: 'no-such-room', text: 'hello' } });
assert.equal(error?.code, 'not_found');
