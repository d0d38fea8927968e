"use strict";
// Opens GraphiQL on this service: one tab per shipped document, the token in the header editor.

const exampleHeaders = JSON.stringify({ Authorization: "Bearer …" }, null, 2);
const documents = JSON.parse(document.getElementById("documents").textContent);
const welcome = [
  "# 在下方 Headers 中粘贴一次令牌（Authorization: Bearer …），所有标签页通用；每页是一类岗位的文档。",
  "# Paste a token into Headers below, once for all tabs; each tab holds the documents of one job.",
  "query Welcome {",
  "  __typename",
  "}",
  "",
].join("\n");

// A token pasted into one tab serves the others, whose header is still the example; before one
// is pasted, no header is sent, so that signing in works.
let pasted = null;
function realHeaders(given) {
  const sent = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    if (name.toLowerCase() !== "authorization") sent[name] = value;
    else if (!/^Bearer\s*…?$/.test(String(value).trim())) pasted = value;
  }
  return pasted === null ? sent : { ...sent, Authorization: pasted };
}

async function post(params, headers) {
  const response = await fetch("graphql", {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      ...headers,
    },
    body: JSON.stringify(params),
  });
  return response.json();
}

// graphql-transport-ws, one connection per subscription; leaving the loop closes it.
async function* listen(params, headers) {
  const address = new URL("graphql", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, "graphql-transport-ws");
  const messages = [];
  let wake = () => {};
  const put = (message) => {
    messages.push(message);
    wake();
  };
  socket.onopen = () =>
    socket.send(JSON.stringify({ type: "connection_init", payload: headers }));
  socket.onmessage = (event) => put(JSON.parse(event.data));
  socket.onclose = (event) => put({ type: "closed", code: event.code, reason: event.reason });
  try {
    for (;;) {
      while (messages.length === 0) await new Promise((resolve) => (wake = resolve));
      const { type, payload, code, reason } = messages.shift();
      if (type === "connection_ack")
        socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: params }));
      else if (type === "ping") socket.send(JSON.stringify({ type: "pong" }));
      else if (type === "next") yield payload;
      else if (type === "error") return yield { errors: payload };
      else if (type === "closed") return yield { errors: [{ message: `${code} ${reason}` }] };
      else if (type === "complete") return;
    }
  } finally {
    socket.onclose = null;
    socket.close();
  }
}

function fetcher(params, options) {
  const headers = realHeaders(options?.headers);
  const operations = (options?.documentAST?.definitions ?? []).filter(
    (definition) => definition.kind === "OperationDefinition",
  );
  const chosen = operations.find(
    (operation) => !params.operationName || operation.name?.value === params.operationName,
  );
  return chosen?.operation === "subscription" ? listen(params, headers) : post(params, headers);
}

ReactDOM.createRoot(document.getElementById("page")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: "headers",
    defaultHeaders: exampleHeaders,
    defaultQuery: welcome,
    defaultTabs: [welcome, ...Object.values(documents)].map((query) => ({
      query,
      headers: exampleHeaders,
    })),
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: true,
  }),
);
