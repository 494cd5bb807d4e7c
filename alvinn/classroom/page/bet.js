// Bet: everybody says where the car will steer, then the network and the expert do.

import { listen, say } from "./connection.js";
import { byId, COLOURS, decode, describe, drawHill, drawPicture, drawSteering, fit, setSteering } from "./drawing.js";

let bitmap = null, camera = null, open = false, result = null;
const guess = () => Number(byId("bet-guess").value) / 100;

listen("welcome", (welcome) => {
  camera = welcome.camera;
  byId("bet-open").hidden = byId("bet-reveal").hidden = welcome.role === "guest";
  byId("bet-wait").textContent = welcome.role === "guest" ? "The lecturer opens a bet." : "Open a bet on the frame of now.";
});
byId("bet-open").onclick = () => say("bet");
byId("bet-reveal").onclick = () => say("reveal");

listen("bet", async (bet, pictures) => {
  [open, result, bitmap] = [true, null, null]; // at once: bets and results may come before the picture is decoded
  byId("bet-wait").hidden = true;
  byId("bet-all").hidden = byId("bet-vote").hidden = false;
  byId("bet-result").textContent = "";
  byId("bet-votes").hidden = true;
  byId("bet-vote").disabled = false;
  byId("bet-guess").value = 0;
  bitmap = await decode(pictures[0]);
  draw();
});
listen("votes", (votes) => (byId("bet-count").textContent = votes.count === 1 ? "1 bet" : `${votes.count} bets`));
listen("result", (marks) => {
  [open, result] = [false, marks];
  byId("bet-vote").disabled = true;
  const spread = marks.class === null ? "nobody bet" : `the class: ${describe(marks.class)}`;
  byId("bet-result").textContent =
    `${spread}; the network: ${marks.network === null ? "none on stage" : describe(marks.network)}; ` +
    `the expert: ${describe(marks.expert)}`;
  byId("bet-votes").hidden = false;
  draw();
});

byId("bet-guess").oninput = () => draw();
byId("bet-vote").onclick = () => {
  say("vote", { curvature: guess() });
  byId("bet-result").textContent = `your bet: ${describe(guess())}; it may be changed until the end`;
};
addEventListener("opened", (event) => event.detail === "bet" && draw());

function draw() {
  if (!bitmap || byId("bet").hidden) return;
  const canvas = byId("bet-picture"), box = fit(canvas, bitmap);
  drawPicture(canvas, bitmap);
  setSteering(byId("bet-text"), guess());
  drawSteering(canvas, box, camera, guess(), COLOURS.human, 4);
  if (!result) return;
  drawSteering(canvas, box, camera, result.network, COLOURS.network, 9);
  drawSteering(canvas, box, camera, result.expert, COLOURS.expert, 4); // above it: often they are one
  const bins = Array(31).fill(0);
  for (const vote of result.votes) bins[Math.max(0, Math.min(30, Math.round((vote / 0.15 + 1) * 15)))] += 1;
  const most = Math.max(1, ...bins);
  drawHill(byId("bet-votes"), bins.map((bin) => bin / most), 0.15, [
    { curvature: result.network, colour: COLOURS.network },
    { curvature: result.expert, colour: COLOURS.expert },
    { curvature: guess(), colour: COLOURS.human },
  ], COLOURS.soft);
}
