// Keeps the inbox current: new messages on top, states as they change, and a search as one types.
// Without this file a reload and the Enter key do the same.
"use strict";

const list = document.getElementById("messages");
const live = document.getElementById("live");
const search = document.querySelector(".search input");
// The newest message opens by itself until the reader opens another one.
let followsNewest = true;
let last = Number(list.dataset.last);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const untilVisible = () =>
  document.hidden
    ? new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }))
    : Promise.resolve();

function show(update) {
  // Fewer messages than before: the server has started anew, with an empty inbox.
  if (update.last < last) location.reload();
  if (update.html && !document.querySelector("article")) location.reload();
  if (update.html) {
    list.insertAdjacentHTML("afterbegin", update.html);
    filter();
    if (followsNewest) list.querySelector("article:not([hidden]) details")?.setAttribute("open", "");
  }
  last = update.last;
  for (const [pauseId, html] of Object.entries(update.states)) {
    for (const state of document.querySelectorAll(`[data-pause="${CSS.escape(pauseId)}"]`)) {
      if (state.dataset.html === html) continue;
      state.dataset.html = html;
      state.innerHTML = html;
    }
  }
  showOwnZone();
}

// The server's own search, over what a row shows and the facts beside it.
function filter() {
  const text = search.value.trim().toLowerCase();
  for (const message of list.querySelectorAll("article")) {
    const shown = message.querySelector("summary").textContent + message.querySelector(".facts").textContent;
    message.hidden = !shown.toLowerCase().includes(text);
  }
}

async function fetchUpdate() {
  const answer = await fetch(`/dev/inbox/messages?after=${last}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`The inbox answered ${answer.status}`);
  return answer.json();
}

async function follow() {
  for (;;) {
    await untilVisible();
    const startedAt = performance.now();
    try {
      const update = await fetchUpdate();
      live.textContent = update.html ? "Live: a message has arrived" : "Live";
      show(update);
    } catch {
      live.textContent = "Not connected, trying again";
    }
    // The server may hold the request until there is news; at most one a second either way.
    await pause(Math.max(0, 1000 - (performance.now() - startedAt)));
  }
}

search.addEventListener("input", filter);
list.addEventListener("click", (event) => {
  if (event.target.closest("summary")) followsNewest = false;
});
follow();
