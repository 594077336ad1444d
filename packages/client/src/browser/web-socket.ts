/** Opens a WebSocket that drops writes while it closes, without a console error; they are repeated on the next one. */
export const createWebSocket = (url: string, protocols: string[]): WebSocket => {
  const socket = new WebSocket(url, protocols);
  const send = socket.send.bind(socket);
  socket.send = (data: BufferSource) => {
    if (socket.readyState === WebSocket.OPEN) send(data);
  };
  return socket;
};
