// Drawing on canvases: what several activities show.

export const COLOURS = { network: "#56B4E9", expert: "#009E73", human: "#E69F00", alarm: "#D55E00", soft: "#aab4bd" };

export const byId = (id) => document.getElementById(id);

export function wipe(canvas) {
  const brush = canvas.getContext("2d");
  brush.clearRect(0, 0, canvas.width, canvas.height);
  return brush;
}

// A JPEG or PNG as something to draw.
export const decode = (bytes) => createImageBitmap(new Blob([bytes]));

// Where on a canvas a picture is that is as large as fits.
export function fit(canvas, bitmap) {
  const scale = Math.min(canvas.width / bitmap.width, canvas.height / bitmap.height);
  const [width, height] = [bitmap.width * scale, bitmap.height * scale];
  return { left: (canvas.width - width) / 2, top: (canvas.height - height) / 2, width, height };
}

// Draw a picture as large as fits, not smoothed if it is a retina.
export function drawPicture(canvas, bitmap, smooth = true) {
  const brush = wipe(canvas), box = fit(canvas, bitmap);
  brush.imageSmoothingEnabled = smooth;
  brush.drawImage(bitmap, box.left, box.top, box.width, box.height);
}

// The output units as bars, with a line for each answer: { curvature, colour }.
export function drawHill(canvas, units, span, answers, bars = COLOURS.network) {
  const brush = wipe(canvas);
  const { width, height } = canvas;
  const column = (curvature) => ((Math.max(-span, Math.min(span, curvature)) / span + 1) / 2) * width;
  brush.fillStyle = bars;
  units.forEach((unit, number) => {
    const tall = Math.max(0, Math.min(1, unit)) * (height - 12);
    brush.fillRect((number * width) / units.length + 1, height - tall, width / units.length - 2, tall);
  });
  brush.strokeStyle = COLOURS.soft;
  brush.setLineDash([2, 6]);
  line(brush, width / 2, 0, width / 2, height);
  brush.setLineDash([]);
  brush.lineWidth = 4;
  for (const { curvature, colour } of answers) {
    if (curvature === null || curvature === undefined) continue;
    brush.strokeStyle = colour;
    line(brush, column(curvature), 0, column(curvature), height);
  }
  brush.lineWidth = 1;
}

export function line(brush, fromX, fromY, toX, toY) {
  brush.beginPath();
  brush.moveTo(fromX, fromY);
  brush.lineTo(toX, toY);
  brush.stroke();
}

// The whole lane, seen from above, x ahead of the map's north: returns a function from metres to pixels.
export function drawLane(canvas, lane) {
  const brush = wipe(canvas);
  const xs = lane.map((point) => point[0]), ys = lane.map((point) => point[1]);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min((canvas.width - 30) / (right - left || 1), (canvas.height - 30) / (bottom - top || 1));
  const place = (x, y) => [
    canvas.width / 2 + (x - (left + right) / 2) * scale,
    canvas.height / 2 + (y - (top + bottom) / 2) * scale,
  ];
  brush.strokeStyle = COLOURS.soft;
  brush.lineWidth = 5;
  trail(brush, lane.map(([x, y]) => place(x, y)));
  brush.lineWidth = 1;
  return place;
}

export function trail(brush, points) {
  brush.beginPath();
  points.forEach(([x, y], number) => (number ? brush.lineTo(x, y) : brush.moveTo(x, y)));
  brush.stroke();
}

export function drawArrow(brush, x, y, angle, size, colour) {
  brush.save();
  brush.translate(x, y);
  brush.rotate(angle);
  brush.fillStyle = colour;
  brush.beginPath();
  brush.moveTo(size, 0);
  brush.lineTo(-size * 0.7, size * 0.65);
  brush.lineTo(-size * 0.35, 0);
  brush.lineTo(-size * 0.7, -size * 0.65);
  brush.fill();
  brush.restore();
}

// A curvature as people say it.
export function describe(curvature) {
  if (curvature === null || curvature === undefined) return "?";
  const radius = Math.abs(1 / (curvature || 1e-9));
  if (radius > 400) return "straight on";
  return `${curvature > 0 ? "right" : "left"}, radius ${radius.toFixed(0)} m`;
}

export const setSteering = (element, curvature) => (element.textContent = describe(curvature));

// Where a point of flat ground is in a camera's picture of size 1 x 1; ahead and right of the car's middle [m].
function project(camera, ahead, right) {
  const pitch = (camera.pitch * Math.PI) / 180, [sine, cosine] = [Math.sin(pitch), Math.cos(pitch)];
  const depth = (ahead - camera.x) * cosine - camera.z * sine;
  const down = (ahead - camera.x) * sine + camera.z * cosine;
  const focal = camera.width / (2 * Math.tan((camera.fov * Math.PI) / 360));
  return [0.5 + (focal * (right - camera.y)) / depth / camera.width, 0.5 + (focal * down) / depth / camera.height];
}

// The path that a curvature drives, drawn onto the camera's picture, which is in a box of the canvas.
export function drawSteering(canvas, box, camera, curvature, colour, thick) {
  if (!camera || curvature === null || curvature === undefined) return;
  const brush = canvas.getContext("2d"), points = [];
  let [ahead, right, turn] = [0, 0, 0];
  for (let way = 0; way < 22; way += 0.5) {
    if (ahead > camera.x + 2) {
      const [x, y] = project(camera, ahead, right);
      points.push([box.left + x * box.width, box.top + y * box.height]);
    }
    ahead += 0.5 * Math.cos(turn);
    right += 0.5 * Math.sin(turn);
    turn += 0.5 * curvature;
  }
  brush.strokeStyle = colour;
  brush.lineWidth = thick;
  trail(brush, points);
  brush.lineWidth = 1;
}
