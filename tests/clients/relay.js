// Relay's runtime over the running service: `node relay.js SCENE FOLDER`, where FOLDER holds what
// its compiler has made of relay/documents.js and the published schema.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import relay from "relay-runtime";
import {
  aLine,
  allTickets,
  cutAndCatchUp,
  load,
  photo,
  play,
  promised,
  rivalGrabs,
  scene,
  send,
  subscriptions,
} from "./lib/service.js";

const {
  commitMutation,
  ConnectionHandler,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getSingularSelector,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} = relay;
const made = pathToFileURL(`${process.argv[3]}/`);
const line = await aLine();
let requests = 0;

async function compiled(name) {
  return (await import(new URL(`documents${name}.graphql.js`, made))).default;
}

function anEnvironment(token) {
  const sockets = subscriptions(line.ws, token);
  const send = async ({ text }, variables) => {
    requests += 1;
    const response = await fetch(line.http, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: text, variables }),
    });
    return response.json();
  };
  const listen = ({ text }, variables) =>
    Observable.create((sink) => sockets.subscribe({ query: text, variables }, sink));
  const environment = new Environment({
    network: Network.create(send, listen),
    store: new Store(new RecordSource()),
  });
  return { environment, sockets };
}

/** Loads a query, keeps it, and tells what it shows each time that it changes. */
async function watched(environment, query, variables, read) {
  await fetchQuery(environment, query, variables).toPromise();
  const operation = createOperationDescriptor(query, variables);
  environment.retain(operation);
  const snapshot = environment.lookup(operation.fragment);
  const shown = [read(snapshot.data)];
  environment.subscribe(snapshot, ({ data }) => shown.push(read(data)));
  return shown;
}

function done(environment, mutation, variables, more = {}) {
  return new Promise((resolve, reject) => {
    commitMutation(environment, {
      mutation,
      variables,
      onCompleted: (data, errors) =>
        errors ? reject(new Error(JSON.stringify(errors))) : resolve(Object.values(data)[0]),
      onError: reject,
      ...more,
    });
  });
}

const desk = anEnvironment(scene.desk);
const phone = anEnvironment(scene.phone);
const site = { site: scene.site };
const TICKETS = await compiled("TicketsQuery");
const UPDATE = await compiled("UpdateMutation");
const first = { ...site, first: 3 };
const list = await watched(desk.environment, TICKETS, first, (data) => data.tickets);
const tickets = () => list.at(-1).edges.map(({ node }) => node);

await play({
  async "pages of a list are merged, without doubles"() {
    let pages = 1;
    while (list.at(-1).pageInfo.hasNextPage) {
      const many = tickets().length;
      const after = list.at(-1).pageInfo.endCursor;
      await fetchQuery(desk.environment, TICKETS, { ...first, after }).toPromise();
      assert.ok(tickets().length > many);
      pages += 1;
    }
    assert.ok(pages >= 3, `${pages} pages`);
    assert.deepEqual(tickets().map(({ id }) => id), await allTickets());
  },

  async "a mutation's payload changes the list on screen"() {
    const [{ id, version }] = tickets();
    const before = requests;
    const input = { ticketId: id, version, description: "改过" };
    const payload = await done(desk.environment, UPDATE, { input });
    assert.deepEqual(payload.userErrors, []);
    assert.equal(tickets()[0].description, "改过");
    assert.equal(tickets()[0].version, version + 1);
    assert.equal(requests - before, 1, "the list was not asked for again");
    // The same thing by its id alone, as Relay loads what it has to load anew.
    const again = await compiled("AgainQuery");
    const [node] = await watched(desk.environment, again, { id }, (data) => data.node);
    assert.equal(node.description, "改过");
    const fragment = await compiled("_ticket");
    const { data } = desk.environment.lookup(getSingularSelector(fragment, node.ticket));
    assert.match(data.number, /^TK-/);
    assert.ok(data.site.name);
  },

  async "a new ticket comes with its edge"() {
    const many = tickets().length;
    const payload = await done(desk.environment, await compiled("CreateMutation"), {
      input: scene.report,
      connections: [
        ConnectionHandler.getConnectionID("client:root", "documents_tickets", {
          siteId: scene.site,
        }),
      ],
    });
    assert.deepEqual(payload.userErrors, []);
    assert.equal(tickets().length, many + 1);
    assert.deepEqual(tickets().map(({ id }) => id), await allTickets());
  },

  async "a grab shows at once, and is rolled back when another was first"() {
    const [lost, won] = scene.orders;
    const offers = await compiled("OffersQuery");
    const shown = await watched(phone.environment, offers, {}, (data) =>
      Object.fromEntries(
        data.offers.edges.map(({ node }) => [node.workOrder.id, node.workOrder.state]),
      ),
    );
    await rivalGrabs(lost);
    const mutation = await compiled("GrabMutation");
    const grab = (id) =>
      done(
        phone.environment,
        mutation,
        { input: { workOrderId: id, idempotencyKey: id } },
        {
          optimisticResponse: {
            workOrderGrab: { workOrder: { id, state: "ACCEPTED" }, userErrors: [] },
          },
        },
      );
    const wish = grab(lost);
    assert.equal(shown.at(-1)[lost], "ACCEPTED", "at once, before any answer");
    const [error] = (await wish).userErrors;
    assert.equal(error.code, "ALREADY_TAKEN");
    assert.ok(error.message && error.remedy);
    assert.deepEqual(shown.map((each) => each[lost]), ["OFFERED", "ACCEPTED", "OFFERED"]);
    const other = grab(won);
    assert.equal(shown.at(-1)[won], "ACCEPTED");
    const payload = await other;
    assert.deepEqual(payload.userErrors, []);
    assert.equal(payload.workOrder.state, "ACCEPTED");
    assert.equal(shown.at(-1)[won], "ACCEPTED");
  },

  async "what is pushed changes the list; what a cut kept away comes once"() {
    const heard = [];
    requestSubscription(desk.environment, {
      subscription: await compiled("ChangesSubscription"),
      variables: site,
      onNext: ({ ticketChanged }) => heard.push(ticketChanged.ticket.description),
    });
    const [{ id: ticketId }] = tickets();
    await cutAndCatchUp({ line, heard: () => heard, ticketId });
    assert.equal(desk.sockets.told.connections, 2);
    const shows = (id) => tickets().find((each) => each.id === id).description;
    assert.equal(shows(ticketId), "after the cut");
    assert.equal(shows(scene.otherTicket), "missed two");
  },

  async "a photo is uploaded and shown"() {
    const asked = await done(desk.environment, await compiled("UploadMutation"), {
      input: promised,
    });
    await send(asked.upload);
    const { reference } = asked.upload;
    const confirmed = await done(desk.environment, await compiled("ConfirmMutation"), {
      input: { reference },
    });
    assert.deepEqual(confirmed.userErrors, []);
    const { ticket } = await done(desk.environment, UPDATE, {
      input: { ticketId: scene.otherTicket, photos: [reference] },
    });
    assert.deepEqual(await load(ticket.photos[0]), photo);
  },
});
