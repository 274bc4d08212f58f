// The least a worker can do with a frame: count it.
const address = `${self.location.origin.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;

self.onmessage = ({ data: { sockets, frames } }) => {
  for (let n = 0; n < sockets; n += 1) open(frames);
};

function open(frames) {
  const socket = new WebSocket(address);
  let count = 0;
  const onFlood = () => {
    count += 1;
    // One more than the messages: the frame that ends the flood.
    if (count > frames) socket.send('42["done"]');
  };
  socket.onmessage = ({ data }) => {
    if (data.startsWith('0')) return socket.send('40');
    socket.onmessage = onFlood;
    socket.send('42["hello"]');
  };
}
