// The page's frame: tabs, who one is, the wheel, notices.

import { connect, enter, listen, say } from "./connection.js";
import { byId } from "./drawing.js";
import "./bet.js";
import "./exam.js";
import "./lessons.js";
import "./paint.js";
import "./push.js";
import "./teach.js";
import "./watch.js";

const TITLES = {
  watch: "Watch", bet: "Bet", push: "Push it off", paint: "Paint", teach: "Teach", exam: "Be ALVINN",
  lessons: "Lessons",
};
let me = { number: 0, role: "guest" }, holder = null, timer = 0;

export function open(activity) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== activity;
  for (const tab of byId("tabs").children) tab.classList.toggle("chosen", tab.dataset.activity === activity);
  dispatchEvent(new CustomEvent("opened", { detail: activity }));
}

export function notice(text, seconds = 4) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
  clearTimeout(timer);
  timer = setTimeout(() => (byId("notice").hidden = true), seconds * 1000);
}

listen("welcome", (welcome) => {
  const known = byId("tabs").children.length > 0;
  me = welcome;
  byId("title").textContent = welcome.title;
  document.title = `alvinn: ${welcome.title}`;
  byId("who").textContent = welcome.role === "guest" ? welcome.name : welcome.name === "guest" ? welcome.role : `${welcome.name} (${welcome.role})`;
  byId("notice").hidden = true;
  if (!known) {
    for (const activity of welcome.activities) {
      const tab = document.createElement("button");
      tab.textContent = TITLES[activity];
      tab.dataset.activity = activity;
      tab.onclick = () => open(activity);
      byId("tabs").append(tab);
    }
    open(welcome.activities[0]);
  }
});

listen("room", (room) => (byId("room").textContent = `${room.guests} here`));
listen("refused", (refused) => notice(refused.why));
listen("closed", (closed) => notice(closed.reason || "the class cannot be reached: trying again", 60));

listen("invitation", (invitation) => {
  byId("join").hidden = false;
  byId("join").onclick = () => byId("invitation").showModal();
  const dialog = byId("invitation"), code = document.createElement("p"), address = document.createElement("b");
  address.textContent = invitation.url;
  code.textContent = `to drive: ${invitation.code}`;
  dialog.innerHTML = invitation.qr; // drawn by the server from its own address
  dialog.append(address, code);
  dialog.onclick = () => dialog.close();
});

// The wheel: one at a time; keys or the pad at the bottom.
const held = { left: false, right: false, brake: false };
let turned = 0, touched = false;

listen("wheel", (wheel) => {
  holder = wheel.holder;
  const mine = holder !== null && holder === me.number;
  if (!mine) release();
  const button = byId("wheel");
  button.hidden = !me.drivable || (me.role === "guest" && holder === null);
  button.classList.toggle("chosen", mine);
  button.disabled = me.role === "guest" || (holder !== null && !mine && me.role !== "lecturer");
  button.textContent = mine ? "Give the wheel back" : holder === null ? "Take the wheel" : `${wheel.name} drives`;
  byId("pad").hidden = !mine;
});
byId("wheel").onclick = () => say(holder === null ? "take" : "give");

byId("enter").onsubmit = (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  byId("me").open = false;
  enter(form.get("name"), form.get("key"));
};

const KEYS = { ArrowLeft: "left", a: "left", ArrowRight: "right", d: "right", ArrowDown: "brake", s: "brake" };
addEventListener("keydown", (event) => press(event, true));
addEventListener("keyup", (event) => press(event, false));
addEventListener("blur", release); // the key is let go elsewhere

function press(event, down) {
  if (event.target.tagName === "INPUT" && event.target.type !== "range") return;
  if (down && event.key === "Escape" && me.role === "lecturer") say("give");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!(key in KEYS)) return;
  if (!down) held[KEYS[key]] = false;
  if (holder !== me.number) return;
  event.preventDefault();
  held[KEYS[key]] = down;
}

function release() {
  held.left = held.right = held.brake = false;
}

const pad = byId("pad");
pad.onpointerdown = pad.onpointermove = (event) => {
  if (event.target.id === "brake" || (event.type === "pointermove" && !touched)) return;
  touched = true;
  const box = pad.getBoundingClientRect();
  turned = Math.max(-1, Math.min(1, ((event.clientX - box.left) / box.width - 0.5) * 2.5));
};
pad.onpointerup = pad.onpointercancel = pad.onpointerleave = () => (touched = false);
byId("brake").onpointerdown = () => (held.brake = true);
byId("brake").onpointerup = byId("brake").onpointerleave = () => (held.brake = false);

setInterval(() => {
  if (holder === null || holder !== me.number) return;
  const push = Number(held.right) - Number(held.left);
  if (!touched) turned = push ? Math.max(-1, Math.min(1, turned + 0.1 * push)) : turned * 0.7;
  byId("knob").style.transform = `translateX(${turned * 0.4 * pad.clientWidth}px)`;
  say("steer", { steer: Math.max(-1, Math.min(1, turned)), brake: held.brake ? 1 : 0 });
}, 50);

connect();
