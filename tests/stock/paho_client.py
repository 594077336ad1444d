"""A chat client on unmodified paho-mqtt: paho_client.py HOST PORT VERSION USERNAME PASSWORD TOPIC

VERSION is 311 or 5. It subscribes to `general`, publishes to TOPIC at QoS 0, 1 and 2, and waits for each message.
"""

import json
import queue
import sys

import paho.mqtt.client as mqtt

host, port, version, username, password, said_on = sys.argv[1:]
protocol = mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311
connected, subscribed, published, heard = (queue.Queue() for _ in range(4))

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"paho-{version}", protocol=protocol)
client.username_pw_set(username, password)
client.on_connect = lambda c, u, flags, reason, properties: connected.put(reason)
client.on_subscribe = lambda c, u, mid, reasons, properties: subscribed.put(reasons)
client.on_publish = lambda c, u, mid, reason, properties: published.put(reason)


def on_message(_client, _userdata, message):
    event = json.loads(message.payload)
    if event["type"] == "message":
        heard.put((message.topic, event))


client.on_message = on_message
client.connect(host, int(port), keepalive=60)
client.loop_start()
assert not connected.get(timeout=10).is_failure
client.subscribe("general", qos=1)
assert not any(reason.is_failure for reason in subscribed.get(timeout=10))

seqs = []
for qos in (0, 1, 2):
    text = f"hello at QoS {qos} from paho {version}"
    client.publish(said_on, json.dumps({"text": text, "msg_id": f"paho-{version}-{qos}"}), qos=qos)
    assert not published.get(timeout=10).is_failure
    topic, event = heard.get(timeout=10)
    assert topic == "general", topic
    assert event["text"] == text, event
    assert event["sender"] == username, event
    assert event["msg_id"] == f"paho-{version}-{qos}", event
    seqs.append(event["seq"])
assert seqs == list(range(seqs[0], seqs[0] + 3)), seqs
client.disconnect()
client.loop_stop()
print("ok")
