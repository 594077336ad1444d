/** Quotes a word for a shell command line if necessary. */
const word = (text: string): string =>
  /^[\w.:@%+=,/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The command that sends a message with a token from a terminal, ready to be pasted. `addresses` are the server's
 * addresses for devices; if none of them is TCP, it uses `host` and MQTT's default port.
 */
export const publishCommand = (
  addresses: readonly string[],
  host: string,
  name: string,
  token: string,
): string => {
  const [found] = addresses.flatMap((address) => {
    const parts = /^(mqtts?):\/\/(\[[^\]]+\]|[^:/]+):(\d+)$/.exec(address);
    return parts ? [parts] : [];
  });
  const [, scheme = "mqtt", where = host, port = "1883"] = found ?? [];
  // Uses the system's certificates, which are in this folder on nearly all distributions.
  const tls = scheme === "mqtts" ? " --capath /etc/ssl/certs" : "";
  const who = `-u ${word(name)} -P ${word(token)}`;
  return `mosquitto_pub -h ${where.replace(/^\[|\]$/g, "")} -p ${port}${tls} ${who} -t general -q 1 -m 'hello'`;
};
