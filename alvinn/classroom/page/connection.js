// The websocket: it comes back by itself, and tells each message to whoever asked for its kind.

const listeners = new Map();
let socket = null, wait = 500, key = location.hash.slice(1), name = "", ticket = "";

export function listen(kind, listener) {
  listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
}

export function say(type, values = {}) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, ...values }));
}

export function enter(newName, newKey) {
  [name, key] = [newName, newKey || key];
  socket?.close();
}

listen("welcome", (welcome) => (ticket = welcome.ticket)); // by it one is known again after a pause

export function connect() {
  socket = new WebSocket(`ws://${location.host}/class`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    wait = 500;
    say("hello", { name, key, ticket });
  };
  socket.onmessage = (event) => receive(event.data);
  socket.onclose = (event) => {
    tell("closed", { code: event.code, reason: event.reason }, []);
    setTimeout(connect, wait);
    wait = Math.min(8000, wait * 2);
  };
}

function receive(data) {
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  let at = 4 + length;
  const pictures = header.sizes.map((size) => new Uint8Array(data, (at += size) - size, size));
  tell(header.type, header, pictures);
}

function tell(kind, header, pictures) {
  for (const listener of listeners.get(kind) ?? []) listener(header, pictures);
}
