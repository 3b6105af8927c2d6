// The whole life in a strip: how much happens when, where its faults are, and which part is in view; a part can be chosen in it.
import { element } from "../dom.js";
import { colour } from "../theme.js";
import { gutter } from "./lanes.js";

const height = 34;

export class Minimap {
  constructor(scene, onRange) {
    this.scene = scene;
    this.canvas = element("canvas.minimap", { "aria-hidden": "true", style: `height:${height}px` });
    this.width = 0;
    let begun = null;
    const time = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return ((event.clientX - box.left - gutter) / Math.max(1, box.width - gutter)) * scene.model.end;
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      begun = time(event);
      this.canvas.setPointerCapture(event.pointerId);
      const half = (scene.view.to - scene.view.from) / 2;
      onRange(begun - half, begun + half);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (begun === null) return;
      const now = time(event);
      if (Math.abs(now - begun) > scene.model.end / 400) onRange(Math.min(begun, now), Math.max(begun, now));
    });
    this.canvas.addEventListener("pointerup", () => (begun = null));
  }

  counts(width) {
    if (this.width === width) return this.binned;
    this.width = width;
    this.binned = new Float64Array(width);
    const { at, size, end } = this.scene.model;
    for (let i = 0; i < size; ++i) ++this.binned[Math.min(width - 1, Math.max(0, Math.floor((at[i] / end) * width)))];
    return this.binned;
  }

  paint() {
    const ratio = devicePixelRatio || 1;
    const { width: all, view, model } = this.scene;
    const width = Math.max(1, Math.floor(all - gutter));
    this.canvas.width = Math.round(all * ratio);
    this.canvas.height = Math.round(height * ratio);
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, gutter * ratio, 0);
    const counts = this.counts(width);
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    const x = (t) => (t / model.end) * width;
    ctx.fillStyle = colour("lane");
    ctx.fillRect(0, 0, width, height);
    ctx.fillStyle = colour("fault-soft");
    for (const fault of model.faults) ctx.fillRect(x(fault.from), 0, Math.max(1, x(fault.to) - x(fault.from)), height);
    ctx.fillStyle = colour("message");
    for (let i = 0; i < width; ++i) {
      const h = counts[i] ? 2 + (height - 6) * Math.sqrt(counts[i] / most) : 0;
      ctx.fillRect(i, height - h, 1, h);
    }
    ctx.fillStyle = colour("veil");
    ctx.fillRect(0, 0, Math.max(0, x(view.from)), height);
    ctx.fillRect(x(view.to), 0, width, height);
    ctx.strokeStyle = colour("accent");
    ctx.lineWidth = 1.5;
    ctx.strokeRect(Math.max(0.75, x(view.from)), 0.75, Math.max(3, Math.min(width, x(view.to)) - Math.max(0, x(view.from)) - 1.5), height - 1.5);
    ctx.fillStyle = colour("bad");
    if (model.violationAt >= 0) ctx.fillRect(x(model.violationAt) - 1, 0, 2, height);
  }
}
