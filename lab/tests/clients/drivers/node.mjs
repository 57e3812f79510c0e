// Calls the runtime of SageMaker whenever it is told to, and says how that went: with the AWS SDK, or with https alone.
import https from "node:https";
import net from "node:net";
import readline from "node:readline";
import tls from "node:tls";

const { LAB_HOST: host, LAB_REGION: region, LAB_PROXY: proxy, LAB_SDK: sdk } = process.env;
const lane = proxy ? null : await import("./lane.mjs");

/** An agent of a few lines that asks a proxy for a tunnel. */
class Tunnels extends https.Agent {
  createConnection(options, done) {
    const { hostname, port } = new URL(proxy);
    const socket = net.connect(Number(port), hostname, () => socket.write(`CONNECT ${options.host}:${options.port} HTTP/1.1\r\nhost: ${options.host}\r\n\r\n`));
    socket.once("error", done);
    socket.once("data", (said) => {
      if (!/^HTTP\/1\.1 200 /.test(said)) return done(new Error(String(said).split("\r\n")[0]));
      done(null, tls.connect({ ...options, socket, servername: options.host }));
    });
  }
}

const agent = proxy ? new Tunnels({ keepAlive: true }) : lane.agent();
let call;
if (sdk) {
  const { SageMakerRuntimeClient, InvokeEndpointCommand } = await import("@aws-sdk/client-sagemaker-runtime");
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const requestHandler = new NodeHttpHandler({ httpsAgent: agent, connectionTimeout: 8000, requestTimeout: 8000 });
  const client = new SageMakerRuntimeClient({ region, requestHandler, maxAttempts: 1 });
  call = async () => Buffer.from((await client.send(new InvokeEndpointCommand({ EndpointName: "e", Body: "hello" }))).Body).toString();
} else {
  call = () =>
    new Promise((done, fail) => {
      const headers = { authorization: "AWS4-HMAC-SHA256 none" };
      const ask = https.request({ host, path: "/endpoints/e/invocations", method: "POST", headers, agent }, (said) => {
        let text = "";
        said.on("data", (more) => (text += more)).on("end", () => done(text));
      });
      ask.on("error", fail).end("hello");
    });
}
for await (const order of readline.createInterface({ input: process.stdin })) {
  try {
    console.log("ok", order === "check" ? await lane.check() : await call());
  } catch (error) {
    console.log("error", error.name, [error, ...(error.errors ?? [])].map((each) => `${each.code ?? ""} ${each.message}`).join("; ").replace(/\s+/g, " "));
  }
}
process.exit(0);
