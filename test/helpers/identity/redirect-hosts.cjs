// Preloaded into a task's process (NODE_OPTIONS=--require): sends requests for the hosts of REDIRECT_HOSTS to loopback, in plain http.
// REDIRECT_HOSTS is "login.microsoftonline.com=4001,169.254.169.254=4002,host:8443=4003"; a host without a port is meant with any.
// The Host header stays. A request whose agent is a proxy's is left alone, so that the proxy is tested too.
const http = require('node:http');
const https = require('node:https');

const pairs = (process.env.REDIRECT_HOSTS ?? '').split(',').filter((pair) => pair !== '');
const ports = new Map(pairs.map((pair) => pair.toLowerCase().split('=')));
const plainRequest = http.request;

function optionsOf([first, second, third]) {
  const isAddress = typeof first === 'string' || first instanceof URL;
  const own = typeof second === 'object' ? second : {};
  const options = isAddress ? { ...urlOptions(new URL(first)), ...own } : { ...first };
  return { options, callback: [second, third].find((item) => typeof item === 'function') };
}

function urlOptions({ hostname, port, pathname, search }) {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return { hostname: bare, path: pathname + search, ...(port && { port: Number(port) }) };
}

function redirect(module, defaultPort) {
  const { request } = module;
  module.request = (...args) => {
    const { options, callback } = optionsOf(args);
    const name = String(options.hostname ?? options.host ?? 'localhost').toLowerCase();
    const port = options.port || defaultPort;
    const target = ports.get(`${name}:${port}`) ?? ports.get(name);
    if (target === undefined || options.agent?.proxy !== undefined) return request(...args);
    const host = port === defaultPort ? name : `${name}:${port}`;
    const { agent, protocol, host: _host, ...rest } = options;
    return plainRequest(
      {
        ...rest,
        hostname: '127.0.0.1',
        port: Number(target),
        setHost: false,
        headers: { Host: host, ...rest.headers },
      },
      callback,
    );
  };
  module.get = (...args) => {
    const sent = module.request(...args);
    sent.end();
    return sent;
  };
}

redirect(http, 80);
redirect(https, 443);
