/** JSON objects in text frames; one of their fields names the event. */
class PlainWebSocket {
  static address({ url, query }) {
    const [base, own] = url.trim().split('#')[0].split('?');
    const parts = [own, parameters(Object.entries(query))].filter(Boolean);
    return webSocketScheme(base) + (parts.length ? `?${parts.join('&')}` : '');
  }

  constructor(socket, user) {
    Object.assign(this, { socket, user, eventField: user.script.eventField });
  }

  onOpen() {
    this.user.onConnected();
  }

  onText(frame) {
    const message = JSON.parse(frame);
    this.user.onEvent(text(message[this.eventField]), [message]);
  }

  onBinary() {}

  rest() {}

  emit(event, args, attachments) {
    const body = { ...(args[0] ?? {}) };
    delete body[this.eventField];
    this.user.send(JSON.stringify({ [this.eventField]: event, ...body }));
    attachments.forEach((bytes) => this.user.send(bytes));
    return null;
  }

  leave() {}
}
