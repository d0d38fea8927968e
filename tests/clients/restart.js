// A subscription over graphql-ws while the service ends and begins again: `node restart.js SCENE`.
// Tells what it hears of, line by line, until it is ended.
import { scene, subscriptions } from "./lib/service.js";

const CHANGED = `
  subscription Changed($site: ID!, $since: String) {
    ticketChanged(siteId: $site, since: $since) { cursor kinds ticket { id } }
  }
`;
const wire = subscriptions(`${scene.url.replace("http", "ws")}/graphql`, scene.desk);
wire.subscribe(
  { query: CHANGED, variables: { site: scene.site } },
  {
    next({ data, errors }) {
      if (errors) console.log(`error ${JSON.stringify(errors)}`);
      const { kinds = [], ticket } = data?.ticketChanged ?? {};
      for (const kind of kinds) console.log(`${kind} ${ticket.id}`);
    },
    error: (error) => console.log(`error ${error}`),
    complete: () => console.log("complete"),
  },
);
// Nothing else keeps the program alive while it waits for its next try.
setInterval(() => {}, 1000);
