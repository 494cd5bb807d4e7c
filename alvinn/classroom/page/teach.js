// Teach: a round of DAgger before everybody's eyes.

import { listen, say } from "./connection.js";
import { byId, COLOURS, decode, describe, drawHill, drawPicture, line, trail, wipe } from "./drawing.js";

const states = [];
let running = false;

listen("welcome", (welcome) => {
  byId("teach-begin").hidden = welcome.role === "guest";
  byId("teach-begin").disabled = running = false; // a round that is on, or ended meanwhile, is told of next
});
byId("teach-begin").onclick = () => {
  if (!running) say("teach");
};

listen("teach", (teach) => {
  running = teach.phase !== "done";
  byId("teach-begin").disabled = running;
  if (teach.note) byId("teach-note").textContent = running ? teach.note : "";
  if (teach.phase === "drive") {
    states.length = 0;
    byId("teach-result").textContent = "";
  }
  if (teach.phase === "again") states.push(null);
  if (teach.phase === "done") byId("teach-result").textContent = teach.note;
  if (teach.phase === "epoch") drawLosses(teach.losses, teach.epochs);
});

listen("taught", async (moment, pictures) => {
  states.push({ offset: moment.offset, who: moment.who });
  if (!byId("teach").hidden) {
    drawPicture(byId("teach-picture"), await decode(pictures[0]));
    drawHill(byId("teach-hill"), moment.network.units, moment.network.span, [
      { curvature: moment.network.curvature, colour: "#fff" },
      { curvature: moment.expert, colour: COLOURS.expert },
    ]);
    byId("teach-text").textContent = `${moment.note}; network ${describe(moment.network.curvature)}, ` +
      `label ${describe(moment.expert)}`;
    drawStates();
  }
  say("seen");
});

function drawStates() {
  const canvas = byId("teach-trace"), brush = wipe(canvas), { width, height } = canvas;
  const row = (offset) => height / 2 - (Math.max(-1.2, Math.min(1.2, offset)) / 1.2) * (height / 2 - 4);
  brush.strokeStyle = COLOURS.soft;
  line(brush, 0, height / 2, width, height / 2);
  const wide = Math.max(400, states.length);
  states.forEach((state, number) => {
    const x = (number * width) / wide;
    if (state === null) return void line(brush, x, 0, x, height);
    brush.fillStyle = state.who === "expert" ? COLOURS.expert : COLOURS.network;
    brush.fillRect(x, row(state.offset) - 3, 4, 6);
  });
}

function drawLosses(losses, epochs) {
  const canvas = byId("teach-loss"), brush = wipe(canvas), { width, height } = canvas, most = Math.max(...losses, 1e-9);
  brush.strokeStyle = COLOURS.network;
  brush.lineWidth = 4;
  trail(brush, losses.map((loss, number) => [((number + 0.5) * width) / epochs, height - (loss / most) * (height - 10)]));
  brush.lineWidth = 1;
}
