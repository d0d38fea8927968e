// The peer as its own guide sets it up: its preset, one pool, nothing that explains or watches.
import amber from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";

export default {
  extends: [amber.default ?? amber],
  pgServices: [
    makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"] }),
  ],
  grafserv: { port: Number(process.env.PORT), host: "127.0.0.1", watch: false },
  grafast: { explain: false },
};
