// Puts the reader's own time zone where the page says UTC.
"use strict";

const MINUTE = 60000;
const DAY = 86400000;

// The same words as pausepoint/domain/words.py.
function relative(ms) {
  if (ms <= 0) return "now";
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 1) return "in less than a minute";
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const rest = minutes % 60;
  if (days >= 7) return `in ${days} days`;
  const parts = days
    ? [[days, days === 1 ? "day" : "days"], [hours, "h"]]
    : [[hours, "h"], [rest, "min"]];
  return "in " + parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function inOwnZone(instant, now, form) {
  const parts = (options) =>
    Object.fromEntries(
      new Intl.DateTimeFormat("en-GB", options).formatToParts(instant).map((p) => [p.type, p.value]),
    );
  const { hour, minute, timeZoneName } = parts({
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
  });
  const clock = `${form === "at" ? "at " : ""}${hour}:${minute} ${timeZoneName}`;
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  const daysAhead = Math.round((midnight(instant) - midnight(now)) / DAY);
  if (daysAhead === 0) return `${clock} today`;
  if (daysAhead === 1) return `tomorrow ${clock}`;
  if (daysAhead === -1) return `yesterday ${clock}`;
  const { day, month, year } = parts({ day: "numeric", month: "short", year: "numeric" });
  const date = `${day} ${month.slice(0, 3)}${instant.getFullYear() === now.getFullYear() ? "" : ` ${year}`}`;
  return form === "at" ? `on ${date} ${clock}` : `${date}, ${clock}`;
}

// The service's clock decides, so that a phone's wrong one must not frighten or lull anybody.
const ahead = Date.parse(document.body.dataset.now) - Date.now();

function showOwnZone() {
  const now = new Date(Date.now() + ahead);
  for (const time of document.querySelectorAll("time[data-form]")) {
    time.title = `${time.dateTime.slice(0, 16).replace("T", " ")} UTC`;
    time.textContent = inOwnZone(new Date(time.dateTime), now, time.dataset.form);
  }
}

showOwnZone();
