// Push it off: put the private car beside its lane, ask network and expert, drop it and let it drive.

import { listen, say } from "./connection.js";
import { byId, COLOURS, decode, describe, drawArrow, drawPicture, line, trail, wipe } from "./drawing.js";

const PALETTE = ["#E69F00", "#CC79A7", "#56B4E9", "#F0E442"];
const AHEAD = 14, BEHIND = 4; // m of road in the view from above
const NOSE = 5; // m from the car's middle to the handle that turns it
let world = null, chosen = 0, view = null, timer = 0, driving = null;
const trails = new Map(), verdicts = new Map();
const colour = (number) => PALETTE[number % PALETTE.length];
const pose = () => ({
  place: Number(byId("place").value),
  offset: Number(byId("offset").value),
  heading: (Number(byId("heading").value) * Math.PI) / 180,
});

listen("push", (push) => {
  world = push;
  byId("push-wait").hidden = true;
  byId("push-all").hidden = false;
  byId("place").value = push.place;
  const row = byId("contenders");
  row.replaceChildren();
  push.contenders.forEach((contender, number) => {
    const button = document.createElement("button"), wants = document.createElement("small");
    button.textContent = `Drop: ${contender.title}`;
    button.style.borderColor = colour(number);
    button.append(wants);
    button.onclick = () => {
      chosen = number;
      say("drop", { ...pose(), model: contender.name });
      draw();
    };
    button.onpointerenter = () => {
      chosen = number;
      draw();
    };
    row.append(button);
  });
  moved();
});

for (const slider of ["offset", "heading", "place"]) byId(slider).oninput = () => moved();
addEventListener("opened", (event) => event.detail === "push" && world && moved());

function put(offset, heading) {
  byId("offset").value = offset;
  byId("heading").value = (heading * 180) / Math.PI;
  moved();
}

// The newest pose is asked for at most ten times a second, and the last one always.
function moved() {
  if (!world) return;
  driving = null;
  draw();
  if (timer) return;
  timer = setTimeout(() => {
    timer = 0;
    if (!byId("push").hidden) say("pose", pose());
  }, 100);
}

listen("view", async (seen, pictures) => {
  view = seen;
  if (driving === null) drawPicture(byId("pushed"), await decode(pictures[0]));
  byId("pushed-text").textContent = `what it sees from there; the expert: ${describe(seen.expert)}`;
  seen.answers.forEach((answer) => {
    const number = world.contenders.findIndex((one) => one.name === answer.name);
    const wants = byId("contenders").children[number]?.querySelector("small");
    if (wants) wants.textContent = `wants ${describe(answer.curvature)}; off by ` +
      `${Math.abs(answer.curvature - seen.expert).toFixed(3)} 1/m`;
  });
  draw();
});

listen("queued", (queued) => {
  if (queued.before) byId("verdicts").textContent = `${queued.before} before you`;
});
listen("dropped", (drop) => {
  driving = drop.model;
  chosen = Math.max(0, world?.contenders.findIndex((one) => one.name === drop.model) ?? 0);
  trails.set(drop.model, []);
  verdicts.set(drop.model, `drives, dropped by ${drop.by} at ${drop.offset.toFixed(2)} m`);
  tellVerdicts();
});
listen("landed", (landed) => {
  verdicts.set(landed.model, landed.outcome);
  tellVerdicts();
});
listen("pushed", async (moment, pictures) => {
  trails.get(driving)?.push(moment);
  if (!byId("push").hidden) {
    drawPicture(byId("pushed"), await decode(pictures[0]));
    byId("pushed-text").textContent = `${moment.note}: steers ${describe(moment.curvature)}; ` +
      `the expert: ${describe(moment.expert)}`;
    draw();
  }
  say("seen");
});

function tellVerdicts() {
  const lines = [...verdicts].map(([name, text]) =>
    `${world?.contenders.find((one) => one.name === name)?.title ?? name}: ${text}`);
  byId("verdicts").textContent = lines.join("\n");
}

function draw() {
  if (!world || byId("push").hidden) return;
  const { offset, heading } = pose();
  const side = (value, least) => (Math.abs(value) < least ? "" : value < 0 ? " left" : " right");
  byId("offset-text").textContent = `${Math.abs(offset).toFixed(2)} m${side(offset, 5e-3)}`;
  byId("heading-text").textContent = `${Math.abs((heading * 180) / Math.PI).toFixed(1)}°${side(heading, 1e-3)}`;
  byId("place-text").textContent = `${Math.round(pose().place * world.lane.length)} m`;
  drawAbove();
  drawPlane();
}

// From above: the lane ahead points up at the place that was chosen.
const scale = () => byId("above").height / (AHEAD + BEHIND);
function frame() {
  const { lane } = world, start = Math.min(lane.length - 1, Math.floor(pose().place * lane.length));
  const [x0, y0, turn] = lane[start], canvas = byId("above"), m = scale();
  return {
    start,
    toPixels: (x, y) => {
      const [dx, dy] = [x - x0, y - y0];
      const ahead = dx * Math.cos(turn) + dy * Math.sin(turn), right = dy * Math.cos(turn) - dx * Math.sin(turn);
      return [canvas.width / 2 + right * m, canvas.height - (ahead + BEHIND) * m];
    },
  };
}

function drawAbove() {
  const canvas = byId("above"), brush = wipe(canvas), { start, toPixels } = frame(), { lane } = world, m = scale();
  const around = [];
  for (let i = start - BEHIND - 2; i < start + AHEAD + 8; i++) {
    if (world.closed || (i >= 0 && i < lane.length)) around.push(lane[(i + lane.length) % lane.length]);
  }
  const edge = (side) => around.map(([x, y, turn, width]) =>
    toPixels(x - side * (width / 2) * Math.sin(turn), y + side * (width / 2) * Math.cos(turn)));
  brush.fillStyle = "#2a323a";
  brush.beginPath();
  [...edge(-1), ...edge(1).reverse()].forEach(([x, y]) => brush.lineTo(x, y));
  brush.fill();
  brush.strokeStyle = "#fff";
  brush.lineWidth = 2;
  for (const side of [-1, 1]) trail(brush, edge(side));
  brush.lineWidth = 4;
  world.contenders.forEach((contender, number) => {
    brush.strokeStyle = colour(number);
    trail(brush, (trails.get(contender.name) ?? []).map((moment) => toPixels(moment.x, moment.y)));
  });
  const { offset, heading } = pose();
  const [x, y] = [canvas.width / 2 + offset * m, canvas.height - BEHIND * m];
  if (view) {
    view.answers.forEach((answer) => {
      const number = world.contenders.findIndex((one) => one.name === answer.name);
      drawArc(brush, x, y, heading, answer.curvature, colour(number), m);
    });
    drawArc(brush, x, y, heading, view.expert, COLOURS.expert, m);
  }
  brush.save();
  brush.translate(x, y);
  brush.rotate(heading);
  brush.fillStyle = "#f0f3f5";
  brush.fillRect((-world.car / 2) * m, -2.3 * m, world.car * m, 4.6 * m);
  brush.fillStyle = "#123";
  brush.fillRect((-world.car / 2 + 0.2) * m, -1.1 * m, (world.car - 0.4) * m, 0.8 * m);
  brush.strokeStyle = brush.fillStyle = COLOURS.human;
  brush.beginPath();
  brush.arc(0, -NOSE * m, 0.7 * m, 0, 7);
  brush.fill();
  brush.restore();
}

// What a curvature drives: 12 m of arc from the car.
function drawArc(brush, x, y, heading, curvature, paint, m) {
  const points = [];
  let [px, py, turn] = [x, y, heading];
  for (let way = 0; way < 12; way += 0.5) {
    points.push([px, py]);
    px += 0.5 * m * Math.sin(turn);
    py -= 0.5 * m * Math.cos(turn);
    turn += 0.5 * curvature;
  }
  brush.strokeStyle = paint;
  brush.lineWidth = 5;
  trail(brush, points);
  brush.lineWidth = 1;
}

// The plane of states: the frames of the training data, where the car is, and the way that each drop took.
function drawPlane() {
  const canvas = byId("plane"), brush = wipe(canvas), { width, height } = canvas;
  const [reach, turned] = world.reach, [columns, rows] = world.cells, contender = world.contenders[chosen];
  const at = (offset, degrees) => [(offset / reach + 1) / 2 * width, (1 - degrees / turned) / 2 * height];
  byId("plane-model").textContent = contender.title;
  brush.fillStyle = colour(chosen);
  for (const [column, row, share] of contender.cells) {
    brush.globalAlpha = 0.3 + 0.7 * Math.sqrt(share);
    brush.fillRect((column * width) / columns, height - ((row + 1) * height) / rows, width / columns + 1, height / rows + 1);
  }
  brush.globalAlpha = 1;
  brush.strokeStyle = COLOURS.soft;
  line(brush, width / 2, 0, width / 2, height);
  line(brush, 0, height / 2, width, height / 2);
  if (contender.views) {
    const [left, top] = at(-contender.views[0], contender.views[1]), [right, bottom] = at(contender.views[0], -contender.views[1]);
    brush.setLineDash([6, 6]);
    brush.strokeStyle = colour(chosen);
    brush.strokeRect(left, top, right - left, bottom - top);
    brush.setLineDash([]);
  }
  brush.lineWidth = 3;
  world.contenders.forEach((one, number) => {
    brush.strokeStyle = "#fff";
    const way = (trails.get(one.name) ?? []).map((moment) => at(moment.offset, (moment.heading * 180) / Math.PI));
    trail(brush, way);
    if (way.length) drawArrow(brush, ...way[way.length - 1], 0, 8, colour(number));
  });
  brush.lineWidth = 1;
  const [x, y] = at(pose().offset, (pose().heading * 180) / Math.PI);
  brush.strokeStyle = "#fff";
  brush.beginPath();
  brush.arc(x, y, 9, 0, 7);
  brush.stroke();
  brush.fillStyle = COLOURS.soft;
  brush.font = "22px system-ui";
  brush.fillText(`${reach} m right`, width - 120, height / 2 - 8);
  brush.fillText(`${turned}° right`, width / 2 + 8, 24);
}

// Dragging: the car aside, its nose to turn it; in the plane, both at once.
function follow(canvas, move) {
  let grip = null;
  const where = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * canvas.width, ((event.clientY - box.top) / box.height) * canvas.height];
  };
  canvas.onpointerdown = (event) => {
    if (!world) return;
    canvas.setPointerCapture(event.pointerId);
    grip = move(where(event), null);
  };
  canvas.onpointermove = (event) => grip && move(where(event), grip);
  canvas.onpointerup = canvas.onpointercancel = () => (grip = null);
}

follow(byId("above"), ([x, y], grip) => {
  const m = scale(), canvas = byId("above"), { offset, heading } = pose();
  const car = [canvas.width / 2 + offset * m, canvas.height - BEHIND * m];
  const nose = [car[0] + NOSE * m * Math.sin(heading), car[1] - NOSE * m * Math.cos(heading)];
  const holds = grip ?? (Math.hypot(x - nose[0], y - nose[1]) < 2 * m ? "nose" : "car");
  if (holds === "nose") put(offset, Math.atan2(x - car[0], Math.max(1, car[1] - y)));
  else put((x - canvas.width / 2) / m, heading);
  return holds;
});
follow(byId("plane"), ([x, y]) => {
  const canvas = byId("plane");
  put((x / canvas.width * 2 - 1) * world.reach[0], (1 - y / canvas.height * 2) * world.reach[1] * Math.PI / 180);
  return "dot";
});
