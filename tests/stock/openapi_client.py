"""A client with the code that openapi-python-client generates from the server's OpenAPI document:

    python openapi_client.py FOLDER_OF_THE_PACKAGE HTTP_URL USERNAME PASSWORD
"""

import sys

folder, url, username, password = sys.argv[1:]
sys.path.insert(0, folder)

from chinwag_client import AuthenticatedClient, Client
from chinwag_client.api.accounts import post_session, post_tokens
from chinwag_client.api.messages import get_events_by_topic, get_messages_by_topic, post_message
from chinwag_client.api.rooms import get_members_by_topic, get_rooms, post_rooms
from chinwag_client.models import (
    JoinEvent,
    MessageEvent,
    NewMessage,
    NewRoom,
    NewToken,
    Problem,
    RoomEvent,
    SignIn,
)

session = post_session.sync(client=Client(url), body=SignIn(username=username, password=password))
client = AuthenticatedClient(url, session.token)

room = post_rooms.sync(client=client, body=NewRoom(topic="made", title="Made"))
assert (room.topic, room.title) == ("made", "Made"), room
said = post_message.sync(client=client, body=NewMessage(topic="made", text="hello"))
assert isinstance(said, MessageEvent) and (said.sender, said.text) == (username, "hello"), said
history = get_messages_by_topic.sync("made", client=client, limit=5)
assert [event.text for event in history.messages] == ["hello"], history
log = get_events_by_topic.sync("made", client=client, after=0)
assert [type(event) for event in log.events] == [RoomEvent, JoinEvent, MessageEvent], log
assert [member.name for member in get_members_by_topic.sync("made", client=client).members] == [username]
made = next(room for room in get_rooms.sync(client=client).rooms if room.topic == "made")
assert made.last_message.text == "hello", made
assert post_tokens.sync(client=client, body=NewToken(label="made")).token
refused = post_message.sync(client=client, body=NewMessage(topic="no-such-room", text="hello"))
assert isinstance(refused, Problem) and refused.code == "not_found", refused
