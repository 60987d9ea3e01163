// The handlers of Restate's part of `benchmarks/run.py`: node restate_service.mjs PORT GATE. Tells each run that has come to
// the gate or to its sleep, and each one that has ended, by a line on stdout.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [port, gate] = process.argv.slice(2);
const restate = createRequire(path.join(process.env.NODE_PATH, "x.js"))("@restatedev/restate-sdk");
const CHAIN = 10;
const work = (n) => async () => n;

const waitAtTheGate = (n) => () => {
  console.log("reached");
  return existsSync(gate) ? Promise.resolve(n) : new Promise(() => {});
};

async function steps(ctx, n, count) {
  for (let i = 0; i < count; i++) n = await ctx.run("work", work(n));
  return n;
}

const bench = restate.service({
  name: "Bench",
  handlers: {
    chain: (ctx, n) => steps(ctx, n, CHAIN),
    gated: async (ctx, n) => {
      n = await steps(ctx, n, CHAIN / 2);
      n = await ctx.run("gate", waitAtTheGate(n));
      n = await steps(ctx, n, CHAIN / 2 - 1);
      console.log("ended");
      return n;
    },
    fan: async (ctx, n) => {
      const all = Array.from({ length: n }, (_, i) => ctx.run("work", work(i)));
      return (await restate.RestatePromise.all(all)).reduce((a, b) => a + b, 0);
    },
    park: async (ctx, n) => {
      console.log("reached");
      await ctx.sleep({ days: 30 });
      return n;
    },
  },
});

restate.serve({ services: [bench], port: Number(port) });
