// Node's two clients.
import http from "node:http";

const url = process.env.URL;
const headers = { Metadata: "true" };

if (process.argv[2] === "fetch") {
    console.log(await (await fetch(url, { headers })).text());
} else {
    http.get(url, { headers }, (answer) => {
        let text = "";
        answer.on("data", (piece) => (text += piece));
        answer.on("end", () => console.log(text));
    });
}
