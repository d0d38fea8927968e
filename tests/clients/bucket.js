// A service that speaks S3, with one bucket: `node bucket.js PORT FOLDER KEY_ID KEY REGION`.
// s3rver keeps the files; that addresses are signed for what is asked is checked by aws4 before.
import { createServer } from "node:http";
import aws4 from "aws4";
import S3rver from "s3rver";

const [port, directory, accessKeyId, secretAccessKey, region] = process.argv.slice(2);

function isSigned(request) {
  const url = new URL(request.url, `http://${request.headers.host}`);
  const asked = url.searchParams;
  const signature = asked.get("X-Amz-Signature");
  const names = (asked.get("X-Amz-SignedHeaders") ?? "").split(";");
  const moment = asked.get("X-Amz-Date") ?? "";
  const begins = Date.parse(
    moment.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  const ends = begins + 1000 * Number(asked.get("X-Amz-Expires"));
  if (!signature || !(Date.now() < ends)) return false;
  const signed = aws4.sign(
    {
      service: "s3",
      region,
      signQuery: true,
      method: request.method,
      host: request.headers.host,
      path: `${url.pathname}?X-Amz-Date=${moment}&X-Amz-Expires=${asked.get("X-Amz-Expires")}`,
      headers: Object.fromEntries(names.map((name) => [name, request.headers[name]])),
    },
    { accessKeyId, secretAccessKey },
  );
  const wanted = new URL(signed.path, url).searchParams;
  return (
    wanted.get("X-Amz-Signature") === signature &&
    wanted.get("X-Amz-Credential") === asked.get("X-Amz-Credential")
  );
}

const service = new S3rver({ directory, silent: true, configureBuckets: [{ name: "photos" }] });
await service.configureBuckets();
const handle = service.callback();
createServer((request, response) => {
  if (isSigned(request)) {
    handle(request, response);
  } else {
    response.writeHead(403).end("SignatureDoesNotMatch");
  }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
