// The flood: chat messages as a busy room's member gets them, as raw WebSocket frames.

const SENDERS = 50;

/**
 * `count` frames of about 350 bytes and the frame that ends them. Every message carries a fresh delivery tag of the run
 * that `hello` names, so that an engine with a ledger has to do its whole work.
 */
export function floodFrames(count, hello) {
  const { run, sentAt } = tagIn(hello) ?? { run: 'abc', sentAt: '1' };
  const frames = Array.from({ length: count }, (_, n) => {
    const tag = `~${run}-${dotted(n % SENDERS)}-${dotted(1_000 + Math.floor(n / SENDERS))}-${sentAt}~`;
    return frame(`42${JSON.stringify(['message', chatMessage(n, tag)])}`);
  });
  return Buffer.concat([...frames, frame('42["flood_end"]')]);
}

function chatMessage(n, tag) {
  return {
    _id: `665f1c2e9b1d8e0012${String(n).padStart(6, '0')}`,
    roomId: '665f1c2e9b1d8e0012000000',
    content: `${tag} The quick brown fox jumps over the lazy dog near the river.`,
    sender: { id: '665f1c2e9b1d8e0012000001', name: 'Swarm 17', email: 'ts-abc-17@tabswarm.test', profileImage: '' },
    type: 'text',
    timestamp: 1_750_000_000_000 + n,
    readers: [],
    reactions: {},
  };
}

/** `~run-sender-sequence-sent~`, as the clients write it. */
function tagIn(text) {
  const found = /~([0-9a-z.]+)-[0-9a-z.]+-[0-9a-z.]+-([0-9a-z.]+)~/.exec(text);
  return found && { run: found[1], sentAt: found[2] };
}

/** Base 36 with a dot after every third digit. */
const dotted = (number) => number.toString(36).replace(/...(?=.)/g, '$&.');

/** An unmasked text frame, as servers send it. */
function frame(text) {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, payload.length])
      : Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}
