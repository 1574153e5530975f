// @azure/identity. It keeps its tokens and its choice of a service for the whole process, so each client loads it afresh.

const readline = require("node:readline");

const tokenUrl = "/metadata/identity/oauth2/token";
const tokenDir = "/var/opt/azcmagent/tokens";
const selectors = { client_id: "clientId", object_id: "objectId", resource_id: "resourceId" };

class Unsupported extends Error {}

let variables = {};
let credential;

const operations = {
  client(fields) {
    refuse(fields, ["source", "endpoint", "token_dir", ...Object.keys(selectors)]);
    for (const name of Object.keys(variables)) delete process.env[name];
    variables = Object.fromEntries(
      Object.entries(fields).filter(([name]) => name.startsWith("env.")).map(([name, value]) => [name.slice(4), value]),
    );
    const { source, endpoint } = fields;
    if (source === "himds") {
      if ((fields.token_dir ?? tokenDir) !== tokenDir) {
        throw new Unsupported(`this client knows no directory but ${tokenDir}: use --real-places`);
      }
      if (endpoint !== undefined) {
        variables.IDENTITY_ENDPOINT = endpoint.endsWith(tokenUrl) ? endpoint : endpoint + tokenUrl;
        variables.IMDS_ENDPOINT = endpoint;
      }
    } else if (source === "imds") {
      if (![undefined, "http://169.254.169.254"].includes(endpoint)) {
        variables.AZURE_POD_IDENTITY_AUTHORITY_HOST = endpoint;
      }
    } else if (source !== undefined) {
      throw new Unsupported("this client has no such source");
    }
    Object.assign(process.env, variables);
    for (const file of Object.keys(require.cache)) delete require.cache[file];
    const { ManagedIdentityCredential } = require("@azure/identity");
    const options = {};
    for (const [name, option] of Object.entries(selectors)) {
      if (name in fields) options[option] = fields[name];
    }
    credential = new ManagedIdentityCredential(options);
    return {};
  },
  async token(fields) {
    refuse(fields, ["resource", "claims"]);
    const scope = fields.resource.endsWith("/.default") ? fields.resource : `${fields.resource}/.default`;
    const token = await credential.getToken(scope, fields.claims === undefined ? {} : { claims: fields.claims });
    return { secret: token.token, expires_on: Math.floor(token.expiresOnTimestamp / 1000) };
  },
};

/** Refuses the first argument that the client has nothing for. */
function refuse(fields, known) {
  const unknown = Object.keys(fields).find((name) => !known.includes(name) && !name.startsWith("env."));
  if (unknown) throw new Unsupported(`this client has no ${unknown}`);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Unsupported("no string of this language can be that");
  }
}

const encode = (status, fields) =>
  [status, ...Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(String(value).toWellFormed?.() ?? value)}`)].join("\t");

async function answer(line) {
  const [operation, ...words] = line.split("\t");
  try {
    const fields = Object.fromEntries(words.map((word) => [decode(word.split("=")[0]), decode(word.slice(word.indexOf("=") + 1))]));
    if (!operations[operation]) throw new Unsupported(`this client has no ${operation}`);
    return encode("ok", await operations[operation](fields));
  } catch (error) {
    return error instanceof Unsupported
      ? encode("unsupported", { message: error.message })
      : encode("error", { message: error.message, repr: String(error) });
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line === "exit") process.exit();
    process.stdout.write(`${await answer(line)}\n`);
  }
})();
