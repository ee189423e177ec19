import { it } from "vitest";
import { compile } from "../../src/runtime/node.ts";
import * as t from "../../src/tensor/index.ts";
import { draw, sizeOf } from "./fixture.ts";
let s = 777;
const r = (n: number) => { s = (Math.imul(s, 1103515245) + 12345) >>> 0; return (s >>> 8) % n; };
const pick = <T>(a: readonly T[]) => a[r(a.length)];
it("fuzz", async () => {
  let bad = 0, n = 0;
  for (let k = 0; k < 300; k++) {
    s = 1000 + k * 7919;
    const feeds: Record<string, Float32Array> = {}; const inputs: t.Tensor[] = []; const log: string[] = [];
    const param = (...shape: number[]) => { const name = `p${inputs.length}`; const v = t.input(name, shape); inputs.push(v); feeds[name] = draw(sizeOf(shape), 31 * k + inputs.length, -0.5, 0.5); return v; };
    const pool: t.Tensor[] = [param(2, 16, 5, 6), param(2, 16, 5, 6), param(2, 3, 5, 6)];
    const tryOp = () => {
      const a = pick(pool), b = pick(pool); const ai = pool.indexOf(a), bi = pool.indexOf(b); const C = a.shape[1];
      const op = pick(["conv", "conv", "conv", "addconv", "add", "add", "mul", "relu", "sig", "maxp", "avgp", "cat", "cat0", "slice", "affine", "bn", "bias", "where", "map", "tr", "softmax", "abs", "scale", "down", "gt", "mean", "pad", "max", "dw"]);
      let y: t.Tensor;
      switch (op) {
        case "conv": y = t.conv2d(a, param(pick([16, 32, 5]), C, 3, 3), { padding: 1, bias: r(2) ? undefined : undefined }); break;
        case "down": y = t.conv2d(a, param(pick([16, 32]), C, 3, 3), { padding: 1, stride: 2 }); break;
        case "dw": y = t.conv2d(a, param(C, 1, 3, 3), { padding: 1, groups: C }); break;
        case "addconv": y = t.add(t.conv2d(a, param(b.shape[1], C, 1, 1)), b); if (r(2)) y = t.relu(y); break;
        case "add": y = t.add(a, b); break; case "mul": y = t.mul(a, b); break;
        case "relu": y = t.relu(a); break; case "sig": y = t.sigmoid(a); break; case "abs": y = t.abs(a); break;
        case "scale": y = t.mul(a, t.constant(0.7)); break;
        case "maxp": y = t.maxPool2d(a, { kernel: 3, stride: 1, padding: 1 }); break;
        case "avgp": y = t.avgPool2d(a, { kernel: 2, stride: 1 }); y = t.pad(y, [[0, 0], [0, 0], [0, 1], [1, 0]]); break;
        case "cat": y = t.concat([a, b], 1); break; case "cat0": y = t.slice(t.concat([a, b], 0), [1], [3]); break;
        case "slice": y = t.slice(a, [C >= 32 ? 16 : 0], [C >= 32 ? 32 : Math.max(1, C - 1)], { axes: [1] }); break;
        case "affine": y = t.channelAffine(a, param(C), param(C)); break;
        case "bn": y = t.batchNorm(a, param(C), param(C)).y; break;
        case "bias": y = t.add(a, param(1, C, 1, 1)); break;
        case "map": y = t.mul(a, t.reshape(t.mean(a, [1], true), [a.shape[0], 1, a.shape[2], a.shape[3]])); break;
        case "where": y = t.where(t.greater(a, b), a, t.mul(b, t.constant(0.5))); break;
        case "gt": y = t.mul(t.cast(t.greater(a, b), "float32"), a); break;
        case "tr": y = t.transpose(t.transpose(a, [0, 2, 3, 1]), [0, 3, 1, 2]); break;
        case "softmax": y = t.softmax(a, 1); break;
        case "mean": y = t.mul(a, t.sigmoid(t.globalAvgPool2d(a))); break;
        case "pad": y = t.slice(t.pad(a, [[0, 0], [0, 16 - (C % 16)], [0, 0], [0, 0]]), [0], [C], { axes: [1] }); break;
        default: y = t.sub(a, t.max(a, [2, 3], true));
      }
      if (sizeOf(y.shape) > 20000) return;
      pool.push(y); log.push(`${op}(${ai},${bi})->${pool.length - 1}[${y.shape}]`);
    };
    for (let i = 0; i < 12; i++) { const before = inputs.length; try { tryOp(); } catch (e) { inputs.length = Math.max(before, inputs.length); } }
    const outs = pool.slice(-4); n++;
    let loss = t.constant(0);
    for (const [i, o] of outs.entries()) loss = t.add(loss, t.mean(t.mul(o, t.constant(draw(sizeOf(o.shape), i + 5), o.shape))));
    const grads = t.grad(loss, inputs);
    const outputs: Record<string, t.Tensor> = {};
    outs.forEach((o, i) => { outputs[`y${i}`] = o; }); grads.forEach((g, i) => { outputs[`d${i}`] = g; });
    const res: Record<string, { data: ArrayLike<number> }>[] = [];
    try {
      for (const lowering of ["portable", "blocked"] as const) {
        const f = await compile({ inputs, outputs }, { lowering }); res.push((await f.run(feeds)) as never); await f.release();
      }
    } catch (e) { bad++; console.log("ERR", k, (e as Error).message.slice(0, 160), log.join(" ")); continue; }
    for (const key of Object.keys(outputs)) {
      let m = 0, d = 0; const p = res[0][key].data, q = res[1][key].data;
      for (let i = 0; i < p.length; i++) { m = Math.max(m, Math.abs(p[i])); const e = Math.abs(p[i] - q[i]); d = Number.isNaN(e) ? Infinity : Math.max(d, e); }
      if (!(d <= 1e-4 * m + 1e-9)) { bad++; console.log("BAD", k, key, d, m, log.join(" ")); break; }
    }
  }
  console.log("graphs", n, "bad", bad);
}, 500000);
