// Runs what stands in the editor: queries and mutations over HTTP, subscriptions over graphql-transport-ws.

const MAX_EVENTS = 200;
const SCHEMA = `{
  __schema {
    types { kind name description fields { name description type { name kind ofType { name kind ofType { name } } } } }
  }
}`;
const $ = (id) => document.getElementById(id);
const [query, variables, token, answer, status, run] = ["query", "variables", "token", "answer", "status", "run"].map($);
let stop = null;

const setup = await fetch("/graphiql/setup.json").then((reply) => reply.json());
$("title").textContent = setup.title;
document.title = setup.title ? `${setup.title} · Accord` : "Accord";
for (const role of setup.roles) {
  const button = element("button", role.name);
  button.onclick = () => choose(role.name);
  $("roles").append(button);
}
for (const [index, example] of setup.examples.entries()) {
  const button = element("button", example.title);
  if (example.role) button.append(element("small", `as ${example.role}`));
  button.onclick = () => show(index);
  const item = element("li");
  item.append(button);
  $("examples").append(item);
}
token.oninput = () => press(setup.roles.find((role) => role.token === token.value)?.name);
variables.oninput = () => read();
run.onclick = () => (stop ? stop() : start());
$("schema").onclick = () => {
  mark(-1);
  query.value = SCHEMA;
  variables.value = "";
  start();
};
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (stop) stop();
    start();
  }
  if (event.key === "Escape" && stop) stop();
});
query.addEventListener("keydown", indent);
variables.addEventListener("keydown", indent);
if (setup.roles.length) choose(setup.roles[0].name);
const kept = sessionStorage.getItem("accord.query");
if (kept) {
  query.value = kept;
  variables.value = sessionStorage.getItem("accord.variables") ?? "";
} else if (setup.examples.length) {
  show(0);
} else {
  query.value = "{\n  __typename\n}\n";
}
query.focus();

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

function choose(name) {
  token.value = setup.roles.find((role) => role.name === name)?.token ?? token.value;
  press(name);
}

function press(name) {
  for (const button of $("roles").children) button.ariaPressed = String(button.textContent === name);
}

function show(index) {
  const example = setup.examples[index];
  query.value = example.query;
  variables.value = example.variables;
  if (example.role) choose(example.role);
  mark(index);
  read();
}

function mark(index) {
  [...$("examples").children].forEach((item, at) => (item.firstChild.ariaCurrent = String(at === index)));
}

/** The variables, or undefined when they are not a JSON object. */
function read() {
  $("variables-fault").textContent = "";
  if (!variables.value.trim()) return {};
  try {
    const value = JSON.parse(variables.value);
    if (value && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // Told below, like every other text that is no object.
  }
  $("variables-fault").textContent = "not a JSON object";
  return undefined;
}

function start() {
  const given = read();
  if (given === undefined) return variables.focus();
  sessionStorage.setItem("accord.query", query.value);
  sessionStorage.setItem("accord.variables", variables.value);
  const body = { query: query.value, variables: given };
  const bare = query.value.replace(/"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, "");
  answer.replaceChildren();
  tell("running…");
  if (/^\s*subscription\b|\}\s*subscription\b/.test(bare)) subscribe(body);
  else ask(body);
}

async function ask(body) {
  const abort = new AbortController();
  const mine = begin(() => abort.abort());
  const started = performance.now();
  try {
    const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
    if (token.value) headers.authorization = `Bearer ${token.value.trim()}`;
    const reply = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify(body), signal: abort.signal });
    const result = await reply.json();
    if (stop !== mine) return;
    const errors = result.errors?.length ?? 0;
    const faults = errors ? ` with ${errors} error${errors === 1 ? "" : "s"}` : "";
    tell(`${reply.status}${faults} in ${Math.round(performance.now() - started)} ms`, !reply.ok || errors);
    print(result);
  } catch (error) {
    if (stop === mine) tell(abort.signal.aborted ? "stopped" : `no answer: ${error.message}`, true);
  } finally {
    end(mine);
  }
}

function subscribe(body) {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  let events = 0;
  const mine = begin(() => socket.close(1000, "stopped"));
  const send = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => send({ type: "connection_init", payload: { authorization: `Bearer ${token.value.trim()}` } });
  socket.onmessage = ({ data }) => {
    if (stop !== mine) return;
    const message = JSON.parse(data);
    if (message.type === "connection_ack") {
      send({ id: "1", type: "subscribe", payload: body });
      tell("listening…");
    } else if (message.type === "ping") {
      send({ type: "pong" });
    } else if (message.type === "next") {
      events += 1;
      print(message.payload, true);
      tell(`listening… ${events} event${events === 1 ? "" : "s"}`);
    } else if (message.type === "error") {
      print({ errors: message.payload }, true);
      socket.close(1000);
    } else if (message.type === "complete") {
      socket.close(1000);
    }
  };
  socket.onclose = ({ code, reason }) => {
    if (stop !== mine) return;
    tell(`ended after ${events} event${events === 1 ? "" : "s"}${code === 1000 ? "" : ` (${code} ${reason})`}`, code !== 1000);
    end(mine);
  };
}

/** Makes `stopping` what the button does, and returns it: whoever finds another in `stop` has been superseded. */
function begin(stopping) {
  if (stop) stop();
  stop = stopping;
  run.textContent = "Stop";
  run.classList.add("stop");
  return stopping;
}

function end(mine) {
  if (stop !== mine) return;
  stop = null;
  run.replaceChildren("Run ", element("kbd", "Ctrl ⏎"));
  run.classList.remove("stop");
}

function tell(text, bad) {
  status.textContent = text;
  status.classList.toggle("bad", Boolean(bad));
}

/** Writes JSON in colour; text only ever becomes text nodes. */
function print(value, isEvent) {
  const block = element("span");
  if (isEvent) block.className = "event";
  const text = JSON.stringify(value, null, 2);
  const tokens = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g;
  let at = 0;
  for (const found of text.matchAll(tokens)) {
    block.append(text.slice(at, found.index));
    const part = element("span", found[1] ?? found[0]);
    part.className = found[2] ? (found[1] === '"errors"' ? "e" : "k") : found[1] ? "s" : "n";
    block.append(part, found[2] ?? "");
    at = found.index + found[0].length;
  }
  block.append(text.slice(at));
  answer.append(block);
  while (answer.children.length > MAX_EVENTS) answer.firstChild.remove();
  if (isEvent) answer.scrollTop = answer.scrollHeight;
}

/** Tab indents, Shift+Tab leaves the field: the keyboard is never caught. Enter keeps the indentation. */
function indent(event) {
  if (event.key === "Tab" && !event.shiftKey && !event.ctrlKey) {
    event.preventDefault();
    insert(event.target, "  ");
  }
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    const before = event.target.value.slice(0, event.target.selectionStart).split("\n").pop();
    event.preventDefault();
    insert(event.target, `\n${before.match(/^ */)[0]}${/[{[(]\s*$/.test(before) ? "  " : ""}`);
  }
}

function insert(field, text) {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input"));
}
