// urql with Graphcache over the running service: `node urql.js SCENE`.
import assert from "node:assert/strict";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
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
  until,
} from "./lib/service.js";

const line = await aLine();
let requests = 0;

const TICKETS = `
  query Tickets($site: ID!, $after: String) {
    tickets(siteId: $site, first: 3, after: $after) {
      edges { cursor node { id version description } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

function aClient(token) {
  const sockets = subscriptions(line.ws, token);
  const cache = cacheExchange({
    // What has no id of its own is part of what holds it.
    keys: Object.fromEntries(
      ["PageInfo", "TicketConnection", "OfferConnection", "TicketChanged", "PhotoUpload", "Photo",
        "HttpHeader"].map((name) => [name, () => null]),
    ),
    resolvers: { Query: { tickets: relayPagination() } },
    optimistic: {
      workOrderGrab: ({ input }) => ({
        __typename: "WorkOrderGrabPayload",
        workOrder: { __typename: "WorkOrder", id: input.workOrderId, state: "ACCEPTED" },
        userErrors: [],
      }),
    },
    updates: {
      Mutation: {
        ticketCreate({ ticketCreate }, _given, cache) {
          const query = { query: TICKETS, variables: { site: scene.site } };
          cache.updateQuery(query, ({ tickets }) => ({
            tickets: { ...tickets, edges: [ticketCreate.edge, ...tickets.edges] },
          }));
        },
      },
    },
  });
  const client = new Client({
    url: line.http,
    preferGetMethod: false,
    fetchOptions: { headers: { Authorization: `Bearer ${token}` } },
    fetch: (...given) => {
      requests += 1;
      return fetch(...given);
    },
    exchanges: [
      cache,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (operation) => ({
          subscribe: (sink) => ({ unsubscribe: sockets.subscribe(operation, sink) }),
        }),
      }),
    ],
  });
  return { client, sockets };
}

const desk = aClient(scene.desk);
const phone = aClient(scene.phone);
const site = { site: scene.site };

/** What a query shows, each time that it changes. */
function watched(client, query, variables, read) {
  const shown = [];
  client.query(query, variables).subscribe(({ data, error }) => {
    assert.equal(error, undefined, String(error));
    if (data) shown.push(read(data));
  });
  return shown;
}

async function done(client, document, input) {
  const { data, error } = await client.mutation(document, { input }).toPromise();
  assert.equal(error, undefined, String(error));
  return Object.values(data)[0];
}

const list = watched(desk.client, TICKETS, site, (data) => data.tickets);
const tickets = () => list.at(-1).edges.map(({ node }) => node);

await play({
  async "pages of a list are merged, without doubles"() {
    await until(() => list.length, "the first page");
    let pages = 1;
    while (list.at(-1).pageInfo.hasNextPage) {
      const many = tickets().length;
      // Any page that is loaded becomes part of the one list.
      const after = list.at(-1).pageInfo.endCursor;
      await desk.client.query(TICKETS, { ...site, after }).toPromise();
      await until(() => tickets().length > many, "more tickets");
      pages += 1;
    }
    assert.ok(pages >= 3, `${pages} pages`);
    assert.deepEqual(tickets().map(({ id }) => id), await allTickets());
  },

  async "a mutation's payload changes the list on screen"() {
    const [first] = tickets();
    const before = requests;
    const payload = await done(
      desk.client,
      `mutation Update($input: TicketUpdateInput!) {
        ticketUpdate(input: $input) { ticket { id version description } userErrors { code } }
      }`,
      { ticketId: first.id, version: first.version, description: "改过" },
    );
    assert.deepEqual(payload.userErrors, []);
    await until(() => tickets()[0].description === "改过", "the change in the list");
    assert.equal(tickets()[0].version, first.version + 1);
    assert.equal(requests - before, 1, "the list was not asked for again");
  },

  async "a new ticket comes with its edge"() {
    const many = tickets().length;
    const payload = await done(
      desk.client,
      `mutation Create($input: TicketCreateInput!) {
        ticketCreate(input: $input) {
          edge { cursor node { id version description } }
          userErrors { code }
        }
      }`,
      scene.report,
    );
    assert.deepEqual(payload.userErrors, []);
    await until(() => tickets().length === many + 1, "the new ticket in the list");
    assert.deepEqual(tickets().map(({ id }) => id), await allTickets());
  },

  async "a grab shows at once, and is rolled back when another was first"() {
    const [lost, won] = scene.orders;
    const shown = watched(
      phone.client,
      "query Offers { offers(first: 20) { edges { node { id workOrder { id state } } } } }",
      {},
      (data) =>
        Object.fromEntries(
          data.offers.edges.map(({ node }) => [node.workOrder.id, node.workOrder.state]),
        ),
    );
    await until(() => shown.length, "the offers");
    await rivalGrabs(lost);
    const grab = (workOrderId) =>
      done(
        phone.client,
        `mutation Grab($input: WorkOrderGrabInput!) {
          workOrderGrab(input: $input) {
            workOrder { id state }
            userErrors { code field message remedy }
          }
        }`,
        { workOrderId, idempotencyKey: workOrderId },
      );
    const [error] = (await grab(lost)).userErrors;
    assert.equal(error.code, "ALREADY_TAKEN");
    assert.ok(error.message && error.remedy);
    await until(() => shown.length >= 3, "the state before");
    // No answer ever said ACCEPTED of it: the wish was shown before there was one.
    assert.deepEqual(shown.map((each) => each[lost]), ["OFFERED", "ACCEPTED", "OFFERED"]);
    const payload = await grab(won);
    assert.deepEqual(payload.userErrors, []);
    assert.equal(payload.workOrder.state, "ACCEPTED");
    await until(() => shown.at(-1)[won] === "ACCEPTED", "the grabbed order");
  },

  async "what is pushed changes the list; what a cut kept away comes once"() {
    const heard = [];
    desk.client
      .subscription(
        `subscription Changes($site: ID!, $since: String) {
          ticketChanged(siteId: $site, since: $since) {
            cursor
            ticket { id version description }
          }
        }`,
        site,
      )
      .subscribe(({ data }) => data && heard.push(data.ticketChanged.ticket.description));
    const [{ id: ticketId }] = tickets();
    await cutAndCatchUp({ line, heard: () => heard, ticketId });
    assert.equal(desk.sockets.told.connections, 2);
    const shows = (id) => tickets().find((each) => each.id === id).description;
    await until(() => shows(ticketId) === "after the cut", "the change in the list");
    assert.equal(shows(scene.otherTicket), "missed two");
  },

  async "a photo is uploaded and shown"() {
    const { upload } = await done(
      desk.client,
      `mutation Upload($input: PhotoUploadInput!) {
        photoUpload(input: $input) {
          upload { reference address method headers { name value } }
          userErrors { code }
        }
      }`,
      promised,
    );
    await send(upload);
    const confirmed = await done(
      desk.client,
      `mutation Confirm($input: PhotoConfirmInput!) {
        photoConfirm(input: $input) { photo { reference } userErrors { code } }
      }`,
      { reference: upload.reference },
    );
    assert.deepEqual(confirmed.userErrors, []);
    const { ticket } = await done(
      desk.client,
      `mutation Show($input: TicketUpdateInput!) {
        ticketUpdate(input: $input) { ticket { id photos } userErrors { code } }
      }`,
      { ticketId: scene.otherTicket, photos: [upload.reference] },
    );
    assert.deepEqual(await load(ticket.photos[0]), photo);
  },
});
