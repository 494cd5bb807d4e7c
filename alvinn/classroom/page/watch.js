// Watch: camera, retina, output hill, map, offset trace, and the last minute to scrub back through.

import { listen, say } from "./connection.js";
import { byId, COLOURS, decode, describe, drawArrow, drawHill, drawLane, drawPicture, line, wipe } from "./drawing.js";

const KEPT = 300; // moments: a minute at 5 a second
const moments = [];
let lane = [], shown = null; // shown: null is live
const LOOK = { network: COLOURS.network, expert: COLOURS.expert };

export const latest = () => moments[moments.length - 1] ?? null;
export const current = () => shown ?? latest();

listen("welcome", (welcome) => (lane = welcome.lane));

listen("moment", async (moment, pictures) => {
  moment.pictures = pictures;
  moments.push(moment);
  if (moments.length > KEPT) moments.shift();
  byId("back").max = moments.length - 1;
  if (shown === null) {
    byId("back").value = moments.length - 1;
    if (!byId("watch").hidden) await draw(moment);
  }
  say("seen"); // only now may the next one come
});

byId("back").oninput = () => {
  shown = moments[Number(byId("back").value)] ?? null;
  if (shown === latest()) shown = null;
  byId("live").classList.toggle("chosen", shown === null);
  if (current()) draw(current());
};
byId("live").onclick = () => {
  byId("back").value = byId("back").max;
  byId("back").oninput();
};
byId("live").classList.add("chosen");
addEventListener("opened", (event) => event.detail === "watch" && current() && draw(current()));

async function draw(moment) {
  drawPicture(byId("camera"), await decode(moment.pictures[0]));
  byId("state").textContent =
    `${moment.who || "nobody"} steers ${describe(moment.curvature)}` +
    (moment.speed === null ? "" : `, ${(moment.speed * 3.6).toFixed(0)} km/h`) + (moment.note ? `: ${moment.note}` : "");
  for (const figure of document.querySelectorAll("#watch .network")) figure.hidden = !moment.network;
  if (moment.network) {
    drawPicture(byId("retina"), await decode(moment.pictures[1]), false);
    const { units, span, curvature, doubt } = moment.network;
    drawHill(byId("hill"), units, span, [
      { curvature: moment.expert, colour: COLOURS.expert },
      { curvature, colour: "#fff" },
    ]);
    byId("answer").textContent = `output units, left to right: ${describe(curvature)}` +
      (doubt === null ? "" : `, doubt ${doubt.toFixed(2)}`) + "; green: the expert";
  }
  drawMap(moment);
  drawTrace(moment);
}

function drawMap(moment) {
  const canvas = byId("map");
  if (!lane.length || moment.x === undefined) return void wipe(canvas);
  const place = drawLane(canvas, lane);
  drawArrow(canvas.getContext("2d"), ...place(moment.x, moment.y), moment.yaw, 14, LOOK[moment.who] ?? COLOURS.human);
}

function drawTrace(moment) {
  const canvas = byId("trace"), brush = wipe(canvas);
  const { width, height } = canvas;
  const row = (offset) => height / 2 - Math.max(-1.2, Math.min(1.2, offset)) / 1.2 * (height / 2 - 4);
  brush.strokeStyle = COLOURS.soft;
  line(brush, 0, height / 2, width, height / 2);
  brush.setLineDash([3, 6]);
  const edge = moment.margin; // unknown in recordings of other programs
  if (edge !== undefined) for (const side of [-edge, edge]) line(brush, 0, row(side), width, row(side));
  brush.setLineDash([]);
  moments.forEach((one, number) => {
    if (one.offset === undefined) return;
    brush.fillStyle = LOOK[one.who] ?? COLOURS.human;
    brush.fillRect((number * width) / KEPT, row(one.offset) - 3, 5, 6);
  });
  brush.strokeStyle = "#fff";
  const at = (moments.indexOf(moment) * width) / KEPT + 2;
  line(brush, at, 0, at, height);
}
