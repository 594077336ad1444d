// The stack of a typical tutorial, written well: Express stores a message in PostgreSQL, then publishes it over MQTT.
//
//   DATABASE_URL=postgres://… MQTT_URL=mqtt://… [MQTT_USERNAME=… MQTT_PASSWORD=…] PORT=3000 node server.mjs
//
// One connection pool, prepared statements (queries with a `name`), and no middleware that is not needed.
// `make bench-stack` compares Chinwag with it; README.md in this folder lists what it leaves out.
import express from 'express';
import mqtt from 'mqtt';
import pg from 'pg';

const { DATABASE_URL, MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD } = process.env;
const port = Number(process.env.PORT ?? 3000);

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(process.env.POOL ?? 20) });
await pool.query(`
  CREATE TABLE IF NOT EXISTS messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    msg_id text NOT NULL UNIQUE,
    sender text NOT NULL,
    text text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX IF NOT EXISTS messages_by_topic ON messages (topic, id DESC);
`);

const store = {
  name: 'store',
  text: `INSERT INTO messages (topic, msg_id, sender, text) VALUES ($1, $2, $3, $4)
         RETURNING id, topic, msg_id, sender, text, sent_at`,
};
const last20 = {
  name: 'last20',
  text: `SELECT id, topic, msg_id, sender, text, sent_at FROM messages WHERE topic = $1 ORDER BY id DESC LIMIT 20`,
};

const broker = await mqtt.connectAsync(MQTT_URL, {
  clientId: 'tutorial-stack',
  username: MQTT_USERNAME,
  password: MQTT_PASSWORD,
  protocolVersion: 5,
});

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(express.json({ limit: '64kb' }));

app.post('/message', async (request, response) => {
  const { topic, text, msg_id: msgId = crypto.randomUUID(), sender = 'anonymous' } = request.body ?? {};
  if (typeof topic !== 'string' || topic === '' || typeof text !== 'string' || text === '') {
    response.status(400).json({ error: 'topic and text are needed' });
    return;
  }
  const { rows } = await pool.query({ ...store, values: [topic, msgId, sender, text] });
  const message = JSON.stringify(rows[0]);
  // Stored, then published. Like Chinwag's, the response does not wait for the broker's acknowledgement.
  broker.publish(topic, message, { qos: 1 }, (error) => {
    if (error) console.error('publish:', error.message);
  });
  response.status(201).type('application/json').send(message);
});

app.get('/messages/*topic', async (request, response) => {
  const topic = request.params.topic.join('/');
  const { rows } = await pool.query({ ...last20, values: [topic] });
  response.json({ topic, messages: rows.reverse() });
});

app.use((error, request, response, _next) => {
  console.error(request.method, request.url, error.message);
  response.status(error.status ?? 500).json({ error: error.message });
});

const server = app.listen(port, '127.0.0.1', () => {
  console.log(`ready: http://127.0.0.1:${server.address().port}`);
});
