// Keeps a page that somebody watches up to date: fetches itself and swaps what is marked `data-live`.
// Pauses while the tab is hidden, while something in the page has the focus, and while the pointer holds a selection.
const EVERY_MS = 2000;

function busy() {
  const focused = document.activeElement;
  const typing = focused && focused.closest("main") && focused.matches("input, button, summary");
  return document.hidden || typing || String(getSelection());
}

function kept(region) {
  return [...region.querySelectorAll("details")].map((one) => one.open);
}

function swap(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return;
  const open = kept(old), scrolled = [...old.querySelectorAll(".board, .cards")].map((one) => [one.scrollLeft, one.scrollTop]);
  old.innerHTML = fresh.innerHTML;
  const details = old.querySelectorAll("details");
  if (details.length === open.length) details.forEach((one, at) => { one.open = open[at]; });
  old.querySelectorAll(".board, .cards").forEach((one, at) => {
    if (scrolled[at]) [one.scrollLeft, one.scrollTop] = scrolled[at];
  });
}

async function refresh() {
  if (busy()) return;
  const answer = await fetch(location.href).catch(() => null);
  document.body.classList.toggle("gone", !answer);
  if (!answer || !answer.ok || busy()) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelectorAll("[data-live]").forEach((region) => {
    const same = fresh.querySelector(`[data-live="${region.dataset.live}"]`);
    if (same) swap(region, same);
  });
}

setInterval(refresh, EVERY_MS);
