// Copy buttons: [data-copy] names the element whose text is copied. Without this file they are
// not shown, and the text can be selected as any other.
"use strict";

document.documentElement.classList.add("can-copy");

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    // No clipboard over plain http or without permission: the keyboard's own copy does it.
    select(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button && !button.dataset.busy) {
    button.dataset.busy = "yes";
    copy(button).finally(() => setTimeout(() => delete button.dataset.busy, 2000));
  }
});
