// The page works without this file: it adds a countdown, a counter for the note, and a guard
// against a second tap. times.js comes before it.
"use strict";

function countDown(deadline) {
  const time = deadline.querySelector("time");
  const countdown = document.getElementById("countdown");
  const status = document.getElementById("status");
  const expiresAt = Date.parse(time.dateTime);
  let timer;
  let announced = Infinity;

  function announce(left) {
    const milestone = [1, 5].find((minutes) => left <= minutes * MINUTE);
    if (!milestone || milestone >= announced) return;
    announced = milestone;
    status.textContent = `${milestone} ${milestone === 1 ? "minute" : "minutes"} left to answer.`;
  }

  function tick() {
    clearTimeout(timer);
    const left = expiresAt - Date.now() - ahead;
    showOwnZone();
    countdown.textContent = relative(left);
    if (left <= 0) {
      status.textContent = "The time to answer has ended.";
      status.className = "warning";
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

function guardAgainstSecondTap(form) {
  const status = document.getElementById("status");
  let pressed = null;
  let label = [];

  form.addEventListener("submit", (event) => {
    if (pressed) {
      event.preventDefault();
      return;
    }
    pressed = event.submitter;
    if (!pressed) return;
    label = [...pressed.childNodes];
    pressed.classList.add("sending");
    pressed.textContent = "Sending…";
    status.textContent = "Sending…";
    // Not `disabled`: a disabled button would not send its value.
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });

  // Back from the next page, the browser may show this one as it was left.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted || !pressed) return;
    pressed.replaceChildren(...label);
    pressed.classList.remove("sending");
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    status.textContent = "";
    pressed = null;
  });
}

const deadline = document.getElementById("deadline");
const note = document.getElementById("note");
const form = document.getElementById("answer");
if (deadline) countDown(deadline);
if (note) countNote(note);
if (form) guardAgainstSecondTap(form);
