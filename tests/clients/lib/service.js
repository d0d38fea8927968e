// What all client programs need: plain requests, a line that can be cut, and waiting for a thing.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

export const scene = JSON.parse(process.argv[2]);

/** Asks the service as a plain client; the data of an answer without errors. */
export async function ask(token, query, variables) {
  const response = await fetch(`${scene.url}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Waits until `look` gives something that is true, and gives that. */
export async function until(look, what, seconds = 20) {
  const end = Date.now() + 1000 * seconds;
  while (Date.now() < end) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`did not come: ${what}`);
}

/** A network between clients and the service, which can be cut and mended. */
export async function aLine() {
  const open = new Set();
  let isCut = false;
  const { hostname, port } = new URL(scene.url);
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${server.address().port}`;
  return {
    http: `http://${address}/graphql`,
    ws: `ws://${address}/graphql`,
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    mend() {
      isCut = false;
    },
  };
}

/**
 * A client for subscriptions that comes back after the line was cut, and then asks for what it
 * missed: the variable `since` is the cursor of the last that came. `connections` counts.
 */
export function subscriptions(url, token) {
  const told = { connections: 0 };
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 10_000,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    shouldRetry: () => true,
    on: { connected: () => (told.connections += 1) },
  });
  return {
    told,
    dispose: () => client.dispose(),
    /** `payload` is sent again, as it then is, with each new connection. */
    subscribe(payload, sink) {
      const own = { query: payload.query, variables: { ...payload.variables } };
      return client.subscribe(own, {
        ...sink,
        next(result) {
          const [root] = Object.values(result.data ?? {});
          if (root?.cursor) own.variables.since = root.cursor;
          sink.next(result);
        },
      });
    },
  };
}

/** A small picture, and what a client tells of it before it sends it. */
export const photo = Buffer.from(scene.photo, "base64");
export const promised = {
  siteId: scene.site,
  kind: "PNG",
  byteLength: photo.length,
  sha256: createHash("sha256").update(photo).digest("hex"),
};

/** Sends the picture to where `photoUpload` said. */
export async function send(upload) {
  const headers = Object.fromEntries(upload.headers.map(({ name, value }) => [name, value]));
  const address = new URL(upload.address, scene.url);
  const sent = await fetch(address, { method: upload.method, headers, body: photo });
  assert.equal(sent.status, 204, await sent.text());
}

/** What a photo's address gives. */
export async function load(address) {
  const response = await fetch(new URL(address, scene.url));
  return Buffer.from(await response.arrayBuffer());
}

/** Another technician takes an order before anybody sees it. */
export async function rivalGrabs(workOrderId) {
  const { workOrderGrab } = await ask(
    scene.rival,
    "mutation($id: ID!) { workOrderGrab(input: {workOrderId: $id}) { userErrors { code } } }",
    { id: workOrderId },
  );
  assert.deepEqual(workOrderGrab.userErrors, []);
}

/** The desk changes a ticket, past the client. */
export async function change(ticketId, description) {
  const { ticketUpdate } = await ask(
    scene.desk,
    `mutation($id: ID!, $text: String!) {
      ticketUpdate(input: {ticketId: $id, description: $text}) { userErrors { code } }
    }`,
    { id: ticketId, text: description },
  );
  assert.deepEqual(ticketUpdate.userErrors, []);
}

/** All tickets in the order of the list, asked for at once. */
export async function allTickets() {
  const { tickets } = await ask(
    scene.desk,
    "query($site: ID!) { tickets(siteId: $site, first: 100) { nodes { id } } }",
    { site: scene.site },
  );
  return tickets.nodes.map(({ id }) => id);
}

/**
 * Cuts the line while a subscription stands, changes a ticket meanwhile, and mends it. `heard`
 * gives the descriptions that came so far: each must come once, in order.
 */
export async function cutAndCatchUp({ line, heard, ticketId }) {
  // Nothing tells a client that its subscription stands: what is heard first does.
  let tries = 0;
  await until(async () => {
    if (heard().length) return true;
    await change(ticketId, `ping ${(tries += 1)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return heard().length > 0;
  }, "the first push");
  const wanted = ["before the cut", "missed one", "missed two", "after the cut"];
  const came = () => heard().filter((text) => wanted.includes(text));
  await change(ticketId, wanted[0]);
  await until(() => came().length === 1, wanted[0]);
  line.cut();
  await change(ticketId, wanted[1]);
  await change(scene.otherTicket, wanted[2]);
  line.mend();
  await until(() => came().length === 3, `what was missed; came: ${came()}`);
  await change(ticketId, wanted[3]);
  await until(() => came().length === 4, wanted[3]);
  assert.deepEqual(came(), wanted);
}

/** Runs the parts of a program one after the other, and ends it. */
export async function play(parts) {
  for (const [name, part] of Object.entries(parts)) {
    const began = Date.now();
    await part();
    console.log(`ok ${name} (${Date.now() - began} ms)`);
  }
  process.exit(0);
}
