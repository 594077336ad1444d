const SENTENCES = [
  "Morning! Did the night build go through?",
  "Yes, all green. The **release notes** are still missing, though.",
  "I’ll write them after lunch",
  "Could somebody look at the second sensor? It has said 21.5 since yesterday, which can’t be right.",
  "On it",
  "ok",
  "The one in the kitchen works; I compared both with `mosquitto_sub -t 'home/#' -v` and only one moves.",
  "Then it is the battery. There are new ones in the drawer under the printer, behind the paper.",
  "Thanks! See https://example.org/manuals/sensor-4 for how to open it",
  "Who comes along to the canteen? It’s *lasagne* today.",
  "Me",
  "Give me ten minutes, I’m in a call that should have been a message",
  "Two things for tomorrow:\n\n- the contract with the new provider\n- who answers the phone on Friday",
  "Friday is fine for me 👍",
];

/** The text of the message with this number: of different lengths, some with formatting, no two the same. */
export const text = (number: number): string => `${SENTENCES[number % SENTENCES.length]} (${number})`;
