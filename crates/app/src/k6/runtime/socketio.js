/** Engine.IO 4 and Socket.IO 5 over one WebSocket: only what a client needs. */
class SocketIo {
  static address({ url, path, query }) {
    const [base, own] = url.trim().split('#')[0].split('?');
    const place = path.replace(/^\/+|\/+$/g, '');
    const added = Object.entries(query).filter(([key]) => key !== 'EIO' && key !== 'transport');
    const parts = ['EIO=4&transport=websocket', own, parameters(added)].filter(Boolean);
    return `${webSocketScheme(base).replace(/\/+$/, '')}/${place ? `${place}/` : ''}?${parts.join('&')}`;
  }

  constructor(socket, user, { namespace, auth }) {
    Object.assign(this, { socket, user, auth, acks: 0, early: [], partial: null, connected: false });
    this.namespace = namespace.startsWith('/') ? namespace : `/${namespace}`;
  }

  /** `4` is Engine.IO's message; then the packet's type, attachments, namespace and acknowledgement id. */
  packet(type, payload = '', id = '', attachments = 0) {
    const space = this.namespace === '/' ? '' : `${this.namespace.split('?')[0]},`;
    return `4${type}${attachments ? `${attachments}-` : ''}${space}${id}${payload}`;
  }

  onOpen() {}

  onText(frame) {
    const data = frame.slice(1);
    if (frame[0] === '0') return this.onHandshake(JSON.parse(data));
    if (frame[0] === '1') return this.user.onLost();
    if (frame[0] === '4') return this.onPacket(data);
    if (frame[0] !== '2') return null;
    this.watch();
    return this.user.send(`3${data}`);
  }

  onHandshake({ pingInterval, pingTimeout }) {
    this.patience = pingInterval + pingTimeout;
    this.watch();
    this.user.onEngine();
    const space = this.namespace === '/' ? '' : `${this.namespace.replace(/,/g, '%2C')},`;
    this.user.send(`40${space}${this.auth === undefined ? '' : JSON.stringify(this.auth)}`);
  }

  /** A server whose ping does not come in time is gone. */
  watch() {
    this.rest();
    this.timer = setTimeout(() => this.user.onLost(), this.patience);
  }

  rest() {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  onPacket(data) {
    const [, type, attachments, space, id, payload] = data.match(/^(\d)(?:(\d+)-)?(?:(\/[^,]*),?)?(\d+)?([^]*)$/);
    if ((space || '/') !== this.namespace.split('?')[0]) return;
    if (Number(attachments) > 0) {
      this.partial = { type, id, payload, missing: Number(attachments), parts: [] };
    } else {
      this.deliver(type, id, payload);
    }
  }

  onBinary(bytes) {
    if (!this.partial) return;
    this.partial.parts.push(bytes);
    this.partial.missing -= 1;
    if (this.partial.missing > 0) return;
    const { type, id, payload } = this.partial;
    this.partial = null;
    this.deliver(type === '5' ? '2' : '3', id, payload);
  }

  deliver(type, id, payload) {
    if (type === '0') {
      this.connected = true;
      this.user.onConnected();
      this.early.splice(0).forEach((event) => this.event(event));
    } else if (type === '1') {
      this.user.onLost();
    } else if (type === '2') {
      const event = { values: JSON.parse(payload), id };
      // What comes before the connect answer is delivered behind it, as the official client does.
      if (this.connected) this.event(event);
      else this.early.push(event);
    } else if (type === '3') {
      this.user.onAck(Number(id), JSON.parse(payload || '[]'));
    } else if (type === '4') {
      const reason = payload ? JSON.parse(payload) : null;
      this.user.onRefused(typeof reason === 'string' ? reason : (reason?.message ?? 'the server gave no reason'));
    }
  }

  event({ values, id }) {
    this.user.onEvent(values[0], values.slice(1));
    if (id !== undefined) this.user.send(this.packet(3, '[]', id));
  }

  /** Gives the acknowledgement's id, if one was asked for. */
  emit(event, args, attachments, ack) {
    const id = ack ? this.acks : null;
    if (ack) this.acks += 1;
    const payload = JSON.stringify([event, ...args]);
    this.user.send(this.packet(attachments.length ? 5 : 2, payload, `${id ?? ''}`, attachments.length));
    attachments.forEach((bytes) => this.user.send(bytes));
    return id;
  }

  leave() {
    if (this.connected) this.user.send(this.packet(1));
  }
}
