import { test, expect } from "vitest";
import * as t from "../src/tensor/index.ts";
import { compile } from "../src/runtime/node.ts";
const r = (n: number, k=1) => Float32Array.from({length: n}, (_, i) => Math.sin(i * 1.3 * k) + Math.cos(i*i*0.01));
test.each([[16,32,2,1,3],[32,16,1,1,3],[16,32,3,0,2],[1,16,2,2,5],[3,5,2,1,3],[16,16,2,1,4],[32,32,2,0,1]])("conv %i %i s%i p%i k%i", async (ci, co, s, p, k) => {
  const x = t.input("x",[4,ci,9,8]), w = t.input("w",[co,ci,k,k]), b = t.input("b",[co]);
  const y = t.relu(t.conv2d(x,w,{stride:s,padding:p,bias:b}));
  const bn = t.batchNorm(y, t.constant(r(co)), t.constant(r(co,2)));
  const z = t.sum(t.mul(bn.y, t.constant(r(y.shape.reduce((a,b)=>a*b)), y.shape)));
  const [dx,dw,db] = t.grad(z,[x,w,b]);
  const outs:any[] = [];
  for (const lowering of ["portable","blocked"] as const) {
    const f = await compile({inputs:[x,w,b],outputs:{y,bny: bn.y,dx:dx!,dw:dw!,db:db!}},{lowering});
    outs.push(await f.run({x:r(4*ci*72),w:r(co*ci*k*k),b:r(co)}));
  }
  for (const key of Object.keys(outs[0])) {
    const a = outs[0][key].data, c = outs[1][key].data; let m=0,e=0; for (let i=0;i<a.length;i++){m=Math.max(m,Math.abs(a[i]));e=Math.max(e,Math.abs(a[i]-c[i]));}
    expect(m).toBeGreaterThan(0.1); expect(e/m, key).toBeLessThan(1e-5);
  }
});
