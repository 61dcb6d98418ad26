// The page works without this file. It adds a countdown, a counter for the note, a guard against a
// second tap, an answer that survives a lost connection, and the end of a question that ends
// elsewhere. times.js comes before it.
"use strict";

const CHECK_EVERY = 10000;
const status = (text) => { document.getElementById("status").textContent = text; };

function countDown(deadline) {
  const countdown = document.getElementById("countdown");
  const expiresAt = Date.parse(deadline.querySelector("time").dateTime);
  let timer;
  let announced = Infinity;

  function announce(left) {
    const milestone = [1, 5].find((minutes) => left <= minutes * MINUTE);
    if (!milestone || milestone >= announced) return;
    announced = milestone;
    const minutes = Math.round(left / MINUTE);
    status(minutes < 1 ? "Less than a minute left to answer."
      : `${minutes} ${minutes === 1 ? "minute" : "minutes"} left to answer.`);
  }

  function tick() {
    clearTimeout(timer);
    if (!deadline.isConnected) return;
    const left = expiresAt - Date.now() - ahead;
    showOwnZone();
    countdown.textContent = relative(left);
    if (left <= 0) {
      status("The time to answer has ended.");
      document.getElementById("status").className = "warning";
      return;
    }
    announce(left);
    timer = setTimeout(tick, Math.min((left % MINUTE) + 50, MINUTE));
  }

  document.addEventListener("visibilitychange", tick);
  tick();
}

function countNote(note) {
  const left = document.getElementById("note-left");
  const limit = note.maxLength;
  const show = () => {
    left.textContent = `${(limit - note.value.length).toLocaleString("en-GB")} characters left`;
  };
  note.addEventListener("input", show);
  show();
}

// Puts another page of the server's in the place of this one. Throws for a page of somebody else's,
// such as a proxy's error or a network's sign-in.
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  if (!fresh.querySelector("main.card")) throw new Error("not a page of PausePoint");
  document.title = fresh.title;
  document.body.className = fresh.body.className;
  document.querySelector("main").replaceWith(fresh.querySelector("main"));
  document.querySelector(".outcome")?.setAttribute("role", "alert");
  scrollTo(0, 0);
  showOwnZone();
  start();
}

// True once the server no longer asks: it was answered, withdrawn, or its time has ended.
async function hasEnded() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const html = await answer.text();
    if (!answer.ok || html.includes('id="answer"')) return false;
    if (document.getElementById("answer")?.dataset.sending) return false;
    show(html);
    return true;
  } catch {
    return false;
  }
}

async function watchForTheEnd(form) {
  while (form.isConnected) {
    await new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", go);
        resolve();
      };
      const timer = setTimeout(go, CHECK_EVERY);
      document.addEventListener("visibilitychange", go);
    });
    if (!document.hidden && !form.dataset.sending && form.isConnected && await hasEnded()) return;
  }
}

async function send(form, pressed) {
  const label = [...pressed.childNodes];
  const buttons = form.querySelectorAll("button");
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) fields.set(name, value.replace(/\r?\n/g, "\r\n"));
  fields.set(pressed.name, pressed.value);
  form.dataset.sending = "yes";
  pressed.classList.add("sending");
  pressed.textContent = "Sending…";
  status("Sending…");
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields });
    show(await answer.text());
  } catch {
    // Sent twice it counts once, so that pressing again is safe.
    delete form.dataset.sending;
    pressed.replaceChildren(...label);
    pressed.classList.remove("sending");
    for (const button of buttons) button.removeAttribute("aria-disabled");
    status("Your answer may not have arrived: the connection was lost. Your note is still here; press again.");
    document.getElementById("status").className = "warning";
  }
}

function start() {
  const deadline = document.getElementById("deadline");
  const note = document.getElementById("note");
  const form = document.getElementById("answer");
  if (deadline) countDown(deadline);
  if (note) countNote(note);
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!form.dataset.sending && event.submitter) send(form, event.submitter);
  });
  watchForTheEnd(form);
}

start();
