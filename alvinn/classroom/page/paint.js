// Paint: draw on a frame; steering, doubt and saliency follow.

import { listen, say } from "./connection.js";
import { byId, COLOURS, decode, describe, drawHill, drawPicture, fit, trail } from "./drawing.js";
import { current } from "./watch.js";

const MOST_STROKES = 60, MOST_POINTS = 60;
const LOOKS = { asphalt: "#5c5a5a", grass: "#3c5c28", white: "#ebebe6", yellow: "#e1a128", shadow: "rgba(0,0,0,.6)" };
let number = null, bitmap = null, strokes = [], going = null, timer = 0;

export async function take() {
  const moment = current();
  if (!moment) return;
  [number, strokes, bitmap] = [moment.number, [], await decode(moment.pictures[0])];
  drawPicture(byId("easel"), bitmap);
  ask();
}
byId("paint-new").onclick = take;
byId("paint-undo").onclick = async () => {
  strokes.pop();
  redraw();
  ask();
};
addEventListener("opened", (event) => event.detail === "paint" && number === null && take());

function ask() {
  if (timer || number === null) return;
  timer = setTimeout(() => {
    timer = 0;
    say("paint", { number, strokes });
  }, 120);
}

function redraw() {
  drawPicture(byId("easel"), bitmap);
  strokes.forEach(drawStroke);
}

function drawStroke(stroke) {
  const canvas = byId("easel"), brush = canvas.getContext("2d"), box = fit(canvas, bitmap);
  const points = stroke.points.map(([x, y]) => [box.left + x * box.width, box.top + y * box.height]);
  if (points.length === 1) points.push([points[0][0] + 0.1, points[0][1]]); // a dot
  brush.strokeStyle = LOOKS[stroke.colour];
  brush.lineWidth = stroke.width * box.height;
  brush.lineCap = brush.lineJoin = "round";
  trail(brush, points);
  brush.lineWidth = 1;
}

// Where on the picture the pointer is, as shares of its width and height.
const where = (event) => {
  const canvas = byId("easel"), seen = canvas.getBoundingClientRect(), box = fit(canvas, bitmap);
  const share = (value) => Math.round(Math.max(0, Math.min(1, value)) * 1000) / 1000;
  const x = ((event.clientX - seen.left) / seen.width) * canvas.width;
  const y = ((event.clientY - seen.top) / seen.height) * canvas.height;
  return [share((x - box.left) / box.width), share((y - box.top) / box.height)];
};
byId("easel").onpointerdown = (event) => {
  if (number === null || strokes.length >= MOST_STROKES) return;
  byId("easel").setPointerCapture(event.pointerId);
  going = { colour: byId("paint-colour").value, width: Number(byId("paint-width").value), points: [where(event)] };
  strokes.push(going);
  redraw();
  ask();
};
byId("easel").onpointermove = (event) => {
  if (!going || going.points.length >= MOST_POINTS) return;
  const point = where(event), last = going.points[going.points.length - 1];
  if (Math.hypot(point[0] - last[0], point[1] - last[1]) < 0.015) return;
  going.points.push(point);
  redraw();
  ask();
};
byId("easel").onpointerup = byId("easel").onpointercancel = () => (going = null);

listen("painted", async (painted, pictures) => {
  if (painted.number !== number) return;
  const { before, after } = painted;
  const wants = `${describe(after.curvature)}, before: ${describe(before.curvature)}`;
  byId("paint-result").textContent = `The network (${painted.name}) wants: ${wants}` +
    (after.doubt === null ? "" : `; doubt ${after.doubt.toFixed(2)}, before ${before.doubt.toFixed(2)}`);
  drawHill(byId("paint-hill"), after.units, after.span, [
    { curvature: before.curvature, colour: COLOURS.human },
    { curvature: after.curvature, colour: "#fff" },
  ]);
  byId("paint-saliency-box").hidden = pictures.length < 2;
  if (pictures.length > 1) drawPicture(byId("paint-saliency"), await decode(pictures[1]));
});
