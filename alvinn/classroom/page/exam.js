// Be ALVINN: thirty retinas, one wheel.

import { listen, say } from "./connection.js";
import { byId, COLOURS, decode, drawHill, drawPicture, line, setSteering, wipe } from "./drawing.js";

let retinas = [], answers = [], asked = false;
const guess = () => Number(byId("exam-guess").value) / 100;

byId("exam-begin").onclick = () => {
  asked = true;
  say("exam");
  byId("exam-progress").textContent = "the frames are being drawn";
};

listen("exam", async (_, pictures) => {
  if (!asked) return;
  asked = false;
  retinas = await Promise.all(pictures.map(decode));
  answers = [];
  byId("exam-all").hidden = false;
  byId("exam-begin").hidden = byId("exam-marks").hidden = true;
  next();
});

function next() {
  if (answers.length === retinas.length) {
    say("hand_in", { answers });
    return;
  }
  byId("exam-guess").value = 0;
  byId("exam-guess").oninput();
  drawPicture(byId("exam-retina"), retinas[answers.length], false);
  byId("exam-progress").textContent = `frame ${answers.length + 1} of ${retinas.length}`;
}
byId("exam-guess").oninput = () => {
  setSteering(byId("exam-text"), guess());
  drawHill(byId("exam-wheel"), [], 0.15, [{ curvature: guess(), colour: COLOURS.human }]);
};
byId("exam-next").onclick = () => {
  if (answers.length < retinas.length) answers.push(guess());
  next(); // after the last, hands in again what was lost on the way
};
listen("closed", () => (byId("exam-begin").hidden = false)); // the server may have forgotten the frames

addEventListener("keydown", (event) => {
  if (byId("exam").hidden || byId("exam-all").hidden) return;
  if (event.key === "Enter" && event.target.tagName !== "BUTTON") byId("exam-next").onclick();
});

listen("marks", (marks) => {
  byId("exam-all").hidden = true;
  byId("exam-begin").hidden = byId("exam-marks").hidden = false;
  byId("exam-begin").textContent = "Once more";
  byId("exam-progress").textContent =
    `Your mean error: ${marks.error.toFixed(4)} 1/m. The network (${marks.name}): ${marks.network.toFixed(4)}. ` +
    `Always straight on: ${marks.straight.toFixed(4)}.`;
  const canvas = byId("exam-chart"), brush = wipe(canvas), { width, height } = canvas;
  const row = (curvature) => height / 2 - (Math.max(-0.15, Math.min(0.15, curvature)) / 0.15) * (height / 2 - 6);
  brush.strokeStyle = COLOURS.soft;
  line(brush, 0, height / 2, width, height / 2);
  marks.expert.forEach((right, number) => {
    const x = ((number + 0.5) * width) / marks.expert.length;
    for (const [value, colour, size] of [
      [right, COLOURS.expert, 9], [marks.network_answers[number], COLOURS.network, 6], [marks.answers[number], COLOURS.human, 6],
    ]) {
      brush.fillStyle = colour;
      brush.fillRect(x - size, row(value) - size / 2, 2 * size, size);
    }
  });
});
listen("best", (best) => {
  const list = byId("exam-best");
  list.replaceChildren();
  for (const [name, error] of best.best) {
    const entry = document.createElement("li");
    entry.textContent = `${name}: ${error.toFixed(4)} 1/m`;
    list.append(entry);
  }
});
