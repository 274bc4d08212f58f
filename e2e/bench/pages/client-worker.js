// The official client, each user with a connection of its own, doing no more than counting either.
importScripts('/socket.io.js');

self.onmessage = ({ data: { sockets } }) => {
  for (let n = 0; n < sockets; n += 1) open();
};

function open() {
  const socket = io(self.location.origin, { transports: ['websocket'], forceNew: true, reconnection: false });
  let count = 0;
  socket.on('connect', () => socket.emit('hello'));
  socket.on('message', () => (count += 1));
  socket.on('flood_end', () => socket.emit('done', count));
}
