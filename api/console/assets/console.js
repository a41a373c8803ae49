// What a page cannot do by itself: stay current, filter as one types, count minutes, print.
// Every page works without this script, except that it does not change by itself.

const body = document.body;
const vi = document.documentElement.lang === "vi";

// --- live: elements are replaced by what the server says they are now -------------------------

const light = document.getElementById("light");

function connection(on) {
  if (!light) return;
  light.className = `light ${on ? "on" : "off"}`;
  light.textContent = on ? light.dataset.live : light.dataset.lost;
}

function replace(id, html) {
  const old = document.getElementById(id);
  if (!old) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const kept = focused && (focused.id ? `#${CSS.escape(focused.id)}` :
    focused.getAttribute("href") && `a[href="${CSS.escape(focused.getAttribute("href"))}"]`);
  const fresh = document.createRange().createContextualFragment(html).firstElementChild;
  if (old.dataset.mark !== fresh.dataset.mark) fresh.classList.add("changed");
  old.replaceWith(fresh);
  if (kept) fresh.querySelector(kept)?.focus();
}

// Parts that ask for themselves again when something came from a station they show.
const asking = new Map();

async function refresh(part) {
  if (asking.has(part.id)) { asking.set(part.id, true); return; }
  asking.set(part.id, false);
  try {
    const answer = await fetch(part.dataset.part, { headers: { Accept: "text/html" } });
    if (answer.ok) replace(part.id, await answer.text());
  } finally {
    const again = asking.get(part.id);
    asking.delete(part.id);
    const now = document.getElementById(part.id);
    if (again && now) refresh(now);
  }
}

function watch(address) {
  const source = new EventSource(address);
  let begun = false;
  source.addEventListener("begun", () => {
    connection(true);
    if (begun) location.reload();  // what came while the connection was lost is on the new page
    begun = true;
  });
  source.addEventListener("fill", (event) => {
    const { id, html } = JSON.parse(event.data);
    replace(id, html);
    settle();
  });
  source.addEventListener("news", (event) => {
    const { stations } = JSON.parse(event.data);
    for (const part of document.querySelectorAll("[data-part]")) {
      if (!part.dataset.station || stations.includes(part.dataset.station)) refresh(part);
    }
  });
  source.addEventListener("reload", () => { source.close(); setTimeout(() => location.reload(), 1000 + 2000 * Math.random()); });
  source.onerror = () => connection(false);
  addEventListener("pagehide", () => source.close());
}

if (body.dataset.live) watch(body.dataset.live);

// What may change without news of any station: a message that was refused.
for (const part of document.querySelectorAll("[data-every]")) {
  setInterval(() => refresh(document.getElementById(part.id)), 1000 * Number(part.dataset.every));
}

// --- lists: filter while typing, keep the most pressing first ---------------------------------

const filters = document.querySelector("[data-filters]");
let settling = 0;

function settle() {
  cancelAnimationFrame(settling);
  settling = requestAnimationFrame(() => { filter(); sort(); });
}

function filter() {
  if (!filters) return;
  const text = filters.elements.find.value.trim().toLocaleLowerCase();
  const ward = filters.elements.ward.value;
  const state = filters.elements.state.value;
  let shown = 0;
  for (const card of document.querySelectorAll("#cards > *")) {
    const match = (!text || card.dataset.words.includes(text)) && (!ward || card.dataset.ward === ward)
      && (!state || card.dataset.mark === state);
    card.hidden = !match;
    shown += match;
  }
  const nothing = document.getElementById("nothing");
  if (nothing) nothing.hidden = shown > 0;
  for (const link of document.querySelectorAll("[data-filter]")) {
    if (link.dataset.filter === state) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function sort() {
  for (const list of document.querySelectorAll("[data-sorted]")) {
    if (list.matches(":hover") || list.contains(document.activeElement)) continue;  // not under a hand
    const items = [...list.children];
    const wanted = [...items].sort((a, b) => a.dataset.rank.localeCompare(b.dataset.rank));
    if (wanted.some((item, place) => item !== items[place])) list.append(...wanted);
  }
}

if (filters && !location.search.match(/[?&](state|ward|find)=[^&]/)) {
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("input", filter);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-filter]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    filters.elements.state.value = link.dataset.filter;
    filter();
  });
}

// --- ages, in the words of the page -----------------------------------------------------------

const UNITS = [[86400, "ngày", "d"], [3600, "giờ", "h"], [60, "phút", "min"], [1, "giây", "s"]];
// Plant time is the server's, and may run faster than the wall's in a demonstration.
const offset = Number(body.dataset.now || 0) * 1000 - Date.now();

function spoken(seconds) {
  const [length, viName, enName] = UNITS.find(([size]) => seconds >= (size === 86400 ? 2 * size : size)) ?? UNITS[3];
  const n = Math.floor(Math.max(0, seconds) / length);
  return vi ? `${n} ${viName} trước` : `${n} ${enName} ago`;
}

function ages() {
  const now = Date.now() + offset;
  for (const one of document.querySelectorAll("time[data-age]")) {
    const seconds = (now - Date.parse(one.dateTime)) / 1000;
    one.textContent = spoken(seconds);
    one.classList.toggle("stale", one.dataset.stale && seconds > Number(one.dataset.stale));
  }
}

setInterval(ages, 10000);

// --- pictures: the reading under the pointer, and a stretch of time drawn with it --------------

const SVG = "http://www.w3.org/2000/svg";
const clock = new Intl.DateTimeFormat(vi ? "vi-VN" : "en-GB",
  { timeZone: "Asia/Ho_Chi_Minh", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false });
const figures = new Intl.NumberFormat(vi ? "vi-VN" : "en-US", { maximumFractionDigits: 3 });
let drawn = null;  // the picture in which a stretch is being drawn, and where it began

function course(chart) {
  // Read once a picture: places of readings in seconds from its beginning, and their values.
  chart.course ??= chart.dataset.points.split(" ").filter(Boolean)
    .map((one) => one.split(":").map(Number)).sort((a, b) => a[0] - b[0]);
  return chart.course;
}

function secondsAt(chart, event) {
  const { begin, end, left, right, width } = chart.dataset;
  const box = chart.querySelector("svg").getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width * width;
  const share = (x - left) / (right - left);
  return Math.min(1, Math.max(0, share)) * (end - begin);
}

function xOf(chart, seconds) {
  const { begin, end, left, right } = chart.dataset;
  return Number(left) + seconds / (end - begin) * (right - left);
}

function nearest(points, seconds) {
  let low = 0, high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < seconds) low = middle + 1; else high = middle;
  }
  const before = points[Math.max(0, low - 1)];
  return Math.abs(before[0] - seconds) < Math.abs(points[low][0] - seconds) ? before : points[low];
}

function mark(chart, name, shape) {
  const svg = chart.querySelector("svg");
  let found = svg.querySelector(`.${name}`);
  if (!found) {
    found = document.createElementNS(SVG, name === "zoom" ? "rect" : "line");
    found.setAttribute("class", name);
    svg.append(found);
  }
  for (const [key, value] of Object.entries(shape)) found.setAttribute(key, value);
}

function clear(chart) {
  for (const one of chart.querySelectorAll(".pointer, .zoom, output")) one.remove();
}

document.addEventListener("pointermove", (event) => {
  const chart = event.target.closest?.(".chart");
  if (!chart || !course(chart).length) return;
  const height = chart.querySelector("svg").viewBox.baseVal.height;
  const seconds = secondsAt(chart, event);
  const [at, value] = nearest(course(chart), seconds);
  const x = xOf(chart, at);
  mark(chart, "pointer", { x1: x, x2: x, y1: 14, y2: height - 30 });
  let said = chart.querySelector("output");
  if (!said) chart.append(said = document.createElement("output"));
  said.textContent = `${clock.format(new Date((Number(chart.dataset.begin) + at) * 1000))}: ${figures.format(value)}`;
  said.style.setProperty(x < chart.dataset.width / 2 ? "right" : "left", "1rem");
  said.style.removeProperty(x < chart.dataset.width / 2 ? "left" : "right");
  if (drawn?.chart === chart) {
    const [from, to] = [drawn.seconds, seconds].sort((a, b) => a - b);
    mark(chart, "zoom", { x: xOf(chart, from), width: xOf(chart, to) - xOf(chart, from), y: 14, height: height - 44 });
  }
});

document.addEventListener("pointerdown", (event) => {
  const chart = event.target.closest?.(".chart");
  if (chart && event.button === 0 && !event.target.closest("a") && event.pointerType === "mouse") {
    event.preventDefault();
    drawn = { chart, seconds: secondsAt(chart, event) };
  }
});

document.addEventListener("pointerup", (event) => {
  if (!drawn) return;
  const { chart, seconds } = drawn;
  drawn = null;
  const [from, to] = [seconds, secondsAt(chart, event)].sort((a, b) => a - b);
  clear(chart);
  if (to - from < 1800 || !location.pathname.startsWith("/stations/")) return;
  const begin = Number(chart.dataset.begin);
  const address = new URL(location.href);
  address.searchParams.set("from", String(Math.floor(begin + from)));
  address.searchParams.set("to", String(Math.ceil(begin + to)));
  address.searchParams.delete("span");
  address.hash = "course";
  location.assign(address);
});

document.addEventListener("pointerout", (event) => {
  const chart = event.target.closest?.(".chart");
  if (chart && !chart.contains(event.relatedTarget) && !drawn) clear(chart);
});

// --- small things -----------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent.trim())
      .then(() => { copy.dataset.done = "true"; });
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  if (event.key === "/" && !event.target.matches("input, textarea, select")) {
    const search = document.querySelector('input[type="search"]');
    if (search) { event.preventDefault(); search.focus(); }
  }
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  for (const button of event.target.querySelectorAll('button[type="submit"]')) {
    setTimeout(() => { button.disabled = true; });
  }
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll('button[type="submit"]:disabled')) button.disabled = false;
});
