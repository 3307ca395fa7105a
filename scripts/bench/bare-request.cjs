// The least that a program can do: sends one request, given as JSON, and reads the answer.
const { request } = require('node:http');

const { url, method, headers } = JSON.parse(process.argv[2]);
request(url, { method, headers }, (answer) => answer.resume()).end();
