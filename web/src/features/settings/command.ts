/** Quotes a word for a shell command line if necessary. */
const word = (text: string): string =>
  /^[\w.:@%+=,/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * The command that says something with a token from any terminal, ready to be pasted. `addresses` are those that the
 * server has for devices; without one over TCP it is `host` and MQTT's own port.
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
  // Certificates count as they do for the system; the folder is where nearly all distributions have them.
  const tls = scheme === "mqtts" ? " --capath /etc/ssl/certs" : "";
  const who = `-u ${word(name)} -P ${word(token)}`;
  return `mosquitto_pub -h ${where.replace(/^\[|\]$/g, "")} -p ${port}${tls} ${who} -t general -q 1 -m 'hello'`;
};
