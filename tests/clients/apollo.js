// Apollo Client over the running service: `node apollo.js SCENE`.
import assert from "node:assert/strict";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, Observable } from "@apollo/client/core";
import { relayStylePagination } from "@apollo/client/utilities";
import { print } from "graphql";
import {
  aLine,
  allTickets,
  ask,
  cutAndCatchUp,
  load,
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

function aClient(token) {
  const sockets = subscriptions(line.ws, token);
  const overSockets = new ApolloLink(
    ({ query, variables }) =>
      new Observable((sink) => sockets.subscribe({ query: print(query), variables }, {
        next: (result) => sink.next(result),
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      })),
  );
  const overHttp = new HttpLink({
    uri: line.http,
    headers: { Authorization: `Bearer ${token}` },
    fetch: (...given) => {
      requests += 1;
      return fetch(...given);
    },
  });
  const client = new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { tickets: relayStylePagination(["siteId"]) } } },
    }),
    link: ApolloLink.split(
      ({ query }) => query.definitions.some((each) => each.operation === "subscription"),
      overSockets,
      overHttp,
    ),
  });
  return { client, sockets };
}

/** What a query shows, each time that it changes. */
function watched(client, options, read) {
  const shown = [];
  client.watchQuery(options).subscribe(({ data }) => {
    if (data && Object.keys(data).length) shown.push(read(data));
  });
  return shown;
}

const TICKETS = gql`
  query Tickets($site: ID!, $after: String) {
    tickets(siteId: $site, first: 3, after: $after) {
      edges { cursor node { id version description } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
const OFFERS = gql`
  query Offers {
    offers(first: 20) { edges { cursor node { id workOrder { id state } } } }
  }
`;
const GRAB = gql`
  mutation Grab($input: WorkOrderGrabInput!) {
    workOrderGrab(input: $input) {
      workOrder { id state }
      userErrors { code field message remedy }
    }
  }
`;

const desk = aClient(scene.desk);
const phone = aClient(scene.phone);
const variables = { site: scene.site };
const list = desk.client.watchQuery({ query: TICKETS, variables });
const tickets = () => list.getCurrentResult().data.tickets.edges.map(({ node }) => node);
list.subscribe(() => {});

await play({
  async "pages of a list are merged, without doubles"() {
    await until(() => list.getCurrentResult().dataState === "complete", "the first page");
    let pages = 1;
    while (list.getCurrentResult().data.tickets.pageInfo.hasNextPage) {
      const many = tickets().length;
      await list.fetchMore({
        variables: { after: list.getCurrentResult().data.tickets.pageInfo.endCursor },
      });
      await until(() => tickets().length > many, "more tickets");
      pages += 1;
    }
    assert.ok(pages >= 3, `${pages} pages`);
    assert.deepEqual(tickets().map(({ id }) => id), await allTickets());
  },

  async "a mutation's payload changes the list on screen"() {
    const [first] = tickets();
    const before = requests;
    const { data } = await desk.client.mutate({
      mutation: gql`
        mutation Update($input: TicketUpdateInput!) {
          ticketUpdate(input: $input) { ticket { id version description } userErrors { code } }
        }
      `,
      variables: { input: { ticketId: first.id, version: first.version, description: "改过" } },
    });
    assert.deepEqual(data.ticketUpdate.userErrors, []);
    assert.equal(tickets()[0].description, "改过");
    assert.equal(tickets()[0].version, first.version + 1);
    assert.equal(requests - before, 1, "the list was not asked for again");
  },

  async "a new ticket comes with its edge"() {
    const many = tickets().length;
    const { data } = await desk.client.mutate({
      mutation: gql`
        mutation Create($input: TicketCreateInput!) {
          ticketCreate(input: $input) {
            edge { cursor node { id version description } }
            userErrors { code }
          }
        }
      `,
      variables: { input: scene.report },
      update(cache, { data: { ticketCreate } }) {
        cache.updateQuery({ query: TICKETS, variables }, ({ tickets }) => ({
          tickets: { ...tickets, edges: [ticketCreate.edge, ...tickets.edges] },
        }));
      },
    });
    assert.deepEqual(data.ticketCreate.userErrors, []);
    assert.equal(tickets().length, many + 1);
    assert.deepEqual(tickets().map(({ id }) => id), await allTickets());
  },

  async "a grab shows at once, and is rolled back when another was first"() {
    const [lost, won] = scene.orders;
    const states = (data) =>
      Object.fromEntries(
        data.offers.edges.map(({ node }) => [node.workOrder.id, node.workOrder.state]),
      );
    const shown = watched(phone.client, { query: OFFERS }, states);
    await until(() => shown.length, "the offers");
    assert.equal(shown[0][lost], "OFFERED");
    assert.equal(shown[0][won], "OFFERED");
    await rivalGrabs(lost);
    const grab = (workOrderId) =>
      phone.client.mutate({
        mutation: GRAB,
        variables: { input: { workOrderId, idempotencyKey: workOrderId } },
        optimisticResponse: {
          workOrderGrab: {
            __typename: "WorkOrderGrabPayload",
            workOrder: { __typename: "WorkOrder", id: workOrderId, state: "ACCEPTED" },
            userErrors: [],
          },
        },
      });
    const first = grab(lost);
    assert.equal(shown.at(-1)[lost], "ACCEPTED", "at once, before any answer");
    const { data } = await first;
    const [error] = data.workOrderGrab.userErrors;
    assert.equal(error.code, "ALREADY_TAKEN");
    assert.ok(error.message && error.remedy);
    assert.deepEqual(shown.map((each) => each[lost]), ["OFFERED", "ACCEPTED", "OFFERED"]);
    const second = grab(won);
    assert.equal(shown.at(-1)[won], "ACCEPTED");
    const answer = (await second).data.workOrderGrab;
    assert.deepEqual(answer.userErrors, []);
    assert.equal(answer.workOrder.state, "ACCEPTED");
    assert.equal(shown.at(-1)[won], "ACCEPTED");
  },

  async "what is pushed changes the list; what a cut kept away comes once"() {
    const heard = [];
    desk.client
      .subscribe({
        query: gql`
          subscription Changes($site: ID!, $since: String) {
            ticketChanged(siteId: $site, since: $since) {
              cursor
              ticket { id version description }
            }
          }
        `,
        variables,
      })
      .subscribe(({ data }) => heard.push(data.ticketChanged.ticket.description));
    const [{ id: ticketId }] = tickets();
    await cutAndCatchUp({ line, heard: () => heard, ticketId });
    assert.equal(desk.sockets.told.connections, 2);
    const shows = (id) => tickets().find((each) => each.id === id).description;
    await until(() => shows(ticketId) === "after the cut", "the change in the list");
    assert.equal(shows(scene.otherTicket), "missed two");
  },

  async "a photo is uploaded and shown"() {
    const { data: asked } = await desk.client.mutate({
      mutation: gql`
        mutation Upload($input: PhotoUploadInput!) {
          photoUpload(input: $input) {
            upload { reference address method headers { name value } }
            userErrors { code }
          }
        }
      `,
      variables: { input: promised },
    });
    const { upload } = asked.photoUpload;
    await send(upload);
    const { data: confirmed } = await desk.client.mutate({
      mutation: gql`
        mutation Confirm($input: PhotoConfirmInput!) {
          photoConfirm(input: $input) { photo { reference } userErrors { code } }
        }
      `,
      variables: { input: { reference: upload.reference } },
    });
    assert.deepEqual(confirmed.photoConfirm.userErrors, []);
    const { data } = await desk.client.mutate({
      mutation: gql`
        mutation Show($input: TicketUpdateInput!) {
          ticketUpdate(input: $input) { ticket { id photos } userErrors { code } }
        }
      `,
      variables: { input: { ticketId: scene.otherTicket, photos: [upload.reference] } },
    });
    const [address] = data.ticketUpdate.ticket.photos;
    assert.deepEqual(await load(address), Buffer.from(scene.photo, "base64"));
  },
});
